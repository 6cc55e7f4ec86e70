# Positions of five codes from counts of statements "row led to column". R 4.2.2, stats::glm.
W <- matrix(c(0,3,5,2,6, 1,0,4,5,3, 2,1,0,7,4, 1,2,3,0,8, 0,1,2,1,0), 5, byrow = TRUE)
pairs <- t(combn(5, 2))
X <- t(apply(pairs, 1, function(p) { x <- rep(0, 5); x[p[2]] <- 1; x[p[1]] <- -1; x }))[, -1]
y <- cbind(W[pairs], W[pairs[, 2:1]])
b <- c(0, coef(glm(y ~ X - 1, family = binomial, control = list(epsilon = 1e-15, maxit = 100))))
print(b - mean(b), digits = 15)
