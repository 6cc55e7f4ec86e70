# Cumulative link models of MASS::housing and log-linear models of a 2 x 2 x 2 x 2 table. R 4.2.2, ordinal 2022.11-16.
library(MASS); library(ordinal)
for (link in c("logit", "probit", "cloglog")) {
  fit <- clm(Sat ~ Infl + Type + Cont, weights = Freq, data = housing, link = link,
             control = clm.control(gradTol = 1e-12, maxIter = 100))
  cat(link, format(c(logLik(fit), coef(fit), sqrt(diag(vcov(fit)))), digits = 15), "\n")
}
X <- array(c(31, 4, 7, 9, 5, 6, 3, 14, 8, 2, 5, 9, 6, 10, 8, 40), c(2, 2, 2, 2))
for (margins in list(list(1, 2, 3, 4), list(c(1, 2), c(2, 3), c(3, 4)))) cat(format(loglin(X, margins, print = FALSE, eps = 1e-13, iter = 500)$lrt, digits = 15), "\n")
