# Rebuilds rater.csv and the values of interviews.json. R 3.6 or later (written with 4.2.2), vegan 2.6-4, coin 1.4-2,
# psych 2.2.9. codes42.csv comes from continuum.R; in rater.csv unit u belongs to interview ((u-1) mod 42) + 1.
set.seed(7); t0 <- matrix(rbinom(42 * 30, 1, .3), 1); rater <- rbind(t0, t0, t0)
f <- matrix(runif(length(rater)) < .12, 3); rater[f] <- 1 - rater[f]; rater[matrix(runif(length(rater)) < .05, 3)] <- NA
write.table(rater, "rater.csv", sep = ",", row.names = FALSE, col.names = FALSE, na = "")
suppressMessages({library(vegan); library(coin); library(psych)})
options(digits = 15)
codes42 <- as.matrix(read.csv("codes42.csv"))
show <- function(name, x) cat(sprintf('  "%s": [%s]', name, paste(format(as.vector(x), digits = 15, trim = TRUE), collapse = ", ")), sep = "")

exact <- specaccum(codes42, method = "exact")
set.seed(11); random <- specaccum(codes42, method = "random", permutations = 20000)
cat("{\n"); show("richness", exact$richness); cat(",\n"); show("sd_random", random$sd); cat(",\n")

sector <- factor(rep(c("med", "edu", "leg", "soc"), length.out = 42))
set.seed(3); test <- independence_test(codes42 ~ sector, teststat = "maximum", distribution = approximate(nresample = 100000))
show("coin_standardized_edu_leg_med_soc_by_code", statistic(test, type = "standardized")); cat(",\n")
show("coin_max_t_p", pvalue(test)); cat(",\n")

set.seed(5); null <- oecosimu(codes42, nestedchecker, "curveball", nsimul = 5000, burnin = 500, thin = 210)
pairs <- choose(24, 2)
show("c_score", null$oecosimu$statistic / pairs); cat(",\n")
show("c_score_null_mean", mean(null$oecosimu$simulated) / pairs); cat(",\n")
show("c_score_null_sd", sd(null$oecosimu$simulated) / pairs); cat(",\n")

whole <- rater[1:2, colSums(is.na(rater)) == 0]
kappa <- cohen.kappa(t(whole))$confid[1, ]
show("cohen_first_two_low_kappa_high", kappa); cat(",\n")
ratings <- as.matrix(read.csv("anxiety.csv", row.names = 1))  # of the R package irr, 20 x 3
icc <- ICC(ratings, lmer = FALSE)$results["Single_random_raters", ]
show("icc_anxiety_lower_icc_upper", as.numeric(icc[c("lower bound", "ICC", "upper bound")])); cat("\n}\n")
