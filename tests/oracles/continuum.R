# Rebuilds codes42.csv, grm667.csv and the values of mokken.json. R 3.6 or later (written with 4.2.2), mokken 3.1.2.
# The blocks after set.seed(1) must run in this order: they share one stream of random numbers.
set.seed(1); n <- 667; S <- c("legal", "medical", "nonprofit", "social", "foster")
sector <- factor(sample(S, n, TRUE), levels = S); state <- factor(sample(c("A", "B"), n, TRUE))
yrs <- round(rgamma(n, 2, .2), 1); acc <- rbinom(n, 8, .35)
eta <- .5 * (sector == "medical") - .4 * (sector == "foster") + .3 * (state == "B") + .02 * yrs + .25 * acc
y <- cut(eta + rlogis(n), c(-Inf, -.5, .8, 2, 3.2, Inf), labels = FALSE)
th <- rnorm(667); a <- runif(8, .8, 2.5); b <- t(sapply(1:8, function(i) sort(rnorm(3, seq(-1, 1, , 3), .4))))
grm667 <- sapply(1:8, function(j) { u <- runif(667); 1 + rowSums(u < sapply(1:3, function(k) plogis(a[j] * (th - b[j, k])))) })
th <- rnorm(42); codes42 <- sapply(seq(-2, 2, , 24), function(b) as.integer(runif(42) < plogis(1.8 * (th - b))))
colnames(codes42) <- sprintf("c%02d", 1:24); colnames(grm667) <- sprintf("item%d", 1:8)
write.csv(codes42, "codes42.csv", row.names = FALSE, quote = FALSE)
write.csv(grm667, "grm667.csv", row.names = FALSE, quote = FALSE)

library(mokken)
options(digits = 15)
data(acl); data(transreas)
for (X in list(acl[, 1:10], transreas[, -1], codes42)) {
  print(coefH(as.matrix(X), se = TRUE, nice.output = FALSE)[c("H", "se.H", "Hi", "se.Hi")])
  print(aisp(as.matrix(X), lowerbound = .3))
}
print(check.iio(as.matrix(transreas[, -1]), item.selection = FALSE)$HT)
print(check.iio(codes42, item.selection = FALSE, minsize = 2)$HT)
