# Makes tests/oracles/survey.json and ord667.csv. Run in this folder: Rscript survey.R <folder of reference data>
# R 4.2.2 with ordinal 2022.11-16, survey 4.1-1, MASS 7.3-58.2, psych 2.2.9 (Debian 12). Simulated data only are stored.
suppressMessages({ library(ordinal); library(survey); library(MASS); library(psych) })
reference <- commandArgs(TRUE)[1]
num <- function(x) paste0("[", paste(format(unname(as.numeric(x)), digits = 15, scientific = TRUE), collapse = ", "), "]")
out <- list()
add <- function(key, value, package, call) out[[key]] <<- sprintf(
  '"%s": {"value": %s, "digits": 15, "package": "%s", "call": "%s", "version": "%s"}', key, num(value), package,
  gsub('"', "'", call), paste0("R ", getRversion(), ", ", package, " ", if (package == "stats") getRversion() else packageVersion(package)))

set.seed(1); n <- 667; S <- c("legal","medical","nonprofit","social","foster")
sector <- factor(sample(S, n, TRUE), levels = S); state <- factor(sample(c("A","B"), n, TRUE))
yrs <- round(rgamma(n, 2, .2), 1); acc <- rbinom(n, 8, .35)
eta <- .5*(sector=="medical") - .4*(sector=="foster") + .3*(state=="B") + .02*yrs + .25*acc
y <- cut(eta + rlogis(n), c(-Inf,-.5,.8,2,3.2,Inf), labels = FALSE)
ord667 <- data.frame(y, sector, state, yrs, acc)
# Weights and agencies for the weighted, clustered and stratified fits; they do not touch the recipe above.
set.seed(2); ord667$w <- round(runif(n, .5, 3), 2); ord667$agency <- sample(60, n, TRUE)
write.csv(ord667, "ord667.csv", row.names = FALSE)
ord667$y <- ordered(ord667$y)

tight <- clm.control(gradTol = 1e-12, maxIter = 200)
keep <- function(key, fit, call) {
  add(paste0(key, ".loglik"), fit$logLik, "ordinal", call)
  add(paste0(key, ".parameters"), coef(fit), "ordinal", call)
  add(paste0(key, ".se"), sqrt(diag(vcov(fit))), "ordinal", call)
}
main <- clm(y ~ sector + state + yrs + acc, data = ord667, control = tight)
keep("clm.logit", main, "clm(y ~ sector + state + yrs + acc, ord667)")
for (link in c("probit", "cloglog")) {
  keep(paste0("clm.", link), clm(y ~ sector + state + yrs + acc, data = ord667, link = link, control = tight),
       sprintf("clm(y ~ sector + state + yrs + acc, ord667, link = %s)", link))
}
keep("clm.weighted", clm(y ~ sector + state + yrs + acc, data = ord667, weights = w, control = tight),
     "clm(y ~ sector + state + yrs + acc, ord667, weights = w)")
partial <- clm(y ~ sector + yrs + acc, nominal = ~ state, data = ord667, control = tight)
add("clm.partial.loglik", partial$logLik, "ordinal", "clm(y ~ sector + yrs + acc, nominal = ~ state, ord667)")
test <- nominal_test(clm(y ~ sector + state + yrs + acc, data = ord667))
add("nominal_test.lrt", test$LRT[-1], "ordinal", "nominal_test(clm(y ~ sector + state + yrs + acc, ord667)): LRT")
add("nominal_test.df", test$Df[-1], "ordinal", "nominal_test: Df")
add("nominal_test.p", test$`Pr(>Chi)`[-1], "ordinal", "nominal_test: p")
mean_probability <- sapply(levels(ord667$sector), function(s) {
  new <- subset(ord667, select = -y); new$sector <- factor(s, levels = S)
  colMeans(predict(main, newdata = new, type = "prob")$fit)
})
add("clm.average_probability", mean_probability, "ordinal", "mean predicted probability by sector (levels within sector)")

housing <- read.csv(file.path(reference, "rdatasets/MASS_housing.csv"))
housing$Sat <- ordered(housing$Sat, c("Low", "Medium", "High")); housing$Infl <- factor(housing$Infl, c("Low", "Medium", "High"))
housing$Type <- factor(housing$Type, c("Tower", "Apartment", "Atrium", "Terrace")); housing$Cont <- factor(housing$Cont, c("Low", "High"))
keep("clm.housing", clm(Sat ~ Infl + Type + Cont, weights = Freq, data = housing, control = tight),
     "clm(Sat ~ Infl + Type + Cont, weights = Freq, housing)")

clustered <- svydesign(id = ~agency, weights = ~w, data = ord667)
exact <- list(reltol = 1e-16, maxit = 5000)
svy <- svyolr(y ~ sector + state + yrs + acc, clustered, control = exact)
add("svyolr.parameters", c(coef(svy)), "survey", "svyolr(y ~ sector + state + yrs + acc, id = ~agency, weights = ~w)")
add("svyolr.se", sqrt(diag(vcov(svy))), "survey", "the same: standard errors")
stratified <- svydesign(id = ~agency, strata = ~state, weights = ~w, data = ord667, nest = TRUE)
add("svyolr.strata.se", sqrt(diag(vcov(svyolr(y ~ sector + yrs + acc, stratified, control = exact)))), "survey",
    "svyolr(y ~ sector + yrs + acc, id = ~agency, strata = ~state, weights = ~w, nest = TRUE)")
robust <- svydesign(id = ~agency, weights = ~1, data = ord667)
add("svyolr.unweighted.se", sqrt(diag(vcov(svyolr(y ~ sector + state + yrs + acc, robust, control = exact)))), "survey",
    "svyolr(y ~ sector + state + yrs + acc, id = ~agency, weights = ~1)")

attitude <- read.csv(file.path(reference, "rdatasets/datasets_attitude.csv"))[, -1]
one <- factanal(attitude, 1, nstart = 5)
add("factanal.attitude.omega", sum(one$loadings)^2 / (sum(one$loadings)^2 + sum(one$uniquenesses)), "stats",
    "factanal(attitude, 1): (sum lambda)^2 / ((sum lambda)^2 + sum psi)")
scored <- suppressWarnings(psych::alpha(attitude, check.keys = FALSE))
add("psych.attitude.alpha", scored$total$raw_alpha, "psych", "alpha(attitude)")
add("psych.attitude.item_rest", scored$item.stats$r.drop, "psych", "alpha(attitude)$item.stats$r.drop")
add("psych.attitude.alpha_drop", scored$alpha.drop$raw_alpha, "psych", "alpha(attitude)$alpha.drop$raw_alpha")
feldt <- psych::alpha.ci(scored$total$raw_alpha, nrow(attitude), ncol(attitude))
add("psych.attitude.feldt", c(feldt$lower.ci, feldt$upper.ci), "psych", "alpha.ci(alpha, 30, 7)")

data(api); rm(list = intersect(ls(), "api"))
apiclus2 <- read.csv(file.path(reference, "survey/apiclus2.csv")); apistrat <- read.csv(file.path(reference, "survey/apistrat.csv"))
two <- svydesign(id = ~dnum+snum, fpc = ~fpc1+fpc2, data = apiclus2)
add("svymean.apiclus2", c(coef(svymean(~api00, two)), SE(svymean(~api00, two))), "survey", "svymean(~api00, svydesign(id = ~dnum+snum, fpc = ~fpc1+fpc2, apiclus2))")
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)
chi <- svychisq(~sch.wide + stype, strat)
add("svychisq.apistrat", c(chi$statistic, chi$parameter, chi$p.value), "survey", "svychisq(~sch.wide + stype, dstrat): F, df1, df2, p")
by_type <- svyby(~I(comp.imp == "Yes"), ~stype, strat, svymean)
add("svyby.apistrat", c(by_type[[3]], by_type[[5]]), "survey", "svyby(~I(comp.imp == 'Yes'), ~stype, dstrat, svymean): shares E H M, then SE")
wald <- regTermTest(svyglm(api00 ~ stype, svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = read.csv(file.path(reference, "survey/apiclus1.csv")))), ~stype)
add("regTermTest.apiclus1", c(wald$Ftest, wald$df, wald$ddf, wald$p), "survey", "regTermTest(svyglm(api00 ~ stype, dclus1), ~stype): F, df1, df2, p")

w <- wilcox.test(y ~ state, transform(ord667, y = as.integer(y)))
add("wilcox.ord667", c(w$statistic, w$p.value), "stats", "wilcox.test(y ~ state, ord667)")
k <- kruskal.test(as.integer(y) ~ sector, ord667)
add("kruskal.ord667", c(k$statistic, k$p.value), "stats", "kruskal.test(y ~ sector, ord667)")
wel <- oneway.test(yrs ~ sector, ord667)
add("welch.ord667", c(wel$statistic, wel$parameter, wel$p.value), "stats", "oneway.test(yrs ~ sector, ord667)")

writeLines(paste0("{\n", paste(unlist(out), collapse = ",\n"), "\n}"), "survey.json")
