# Makes tests/oracles/ordinal_factors.json. Run in this folder: Rscript ordinal_factors.R
# R 4.2.2 with lavaan 0.6-14, polycor 0.8-1, psych 2.2.9 (Debian 12). Simulated data only: grm667.csv, ord667.csv.
suppressMessages({ library(lavaan); library(polycor); library(psych) })
num <- function(x) paste0("[", paste(format(unname(as.numeric(x)), digits = 15, scientific = TRUE), collapse = ", "), "]")
out <- list()
add <- function(key, value, package, call) out[[key]] <<- sprintf(
  '"%s": {"value": %s, "digits": 15, "package": "%s", "call": "%s", "version": "%s"}', key, num(value), package, call,
  paste0("R ", getRversion(), ", ", package, " ", packageVersion(package)))

items <- paste0("item", 1:8)
data <- read.csv("grm667.csv"); data$sector <- read.csv("ord667.csv")$sector
sectors <- c("legal", "medical", "nonprofit", "social", "foster")

pair <- polychor(data$item1, data$item2, ML = FALSE, std.err = FALSE, maxcor = .9999)
add("polychor.1_2", pair, "polycor", "polychor(item1, item2)")
poly <- polychoric(data[items], correct = 0)$rho
add("polychoric.lower", poly[lower.tri(poly)], "psych", "polychoric(grm667, correct = 0)")
add("fa.minres.1", fa(poly, 1, fm = "minres", n.obs = 667)$loadings, "psych", "fa(polychoric, 1, fm = minres)")
two <- fa(poly, 2, fm = "minres", rotate = "none", n.obs = 667)
add("fa.minres.2.communalities", two$communality, "psych", "fa(polychoric, 2, fm = minres, rotate = none)")

add("map", vss(poly, 4, rotate = "none", fm = "minres", n.obs = 667, plot = FALSE)$map, "psych", "vss(polychoric, 4)$map")

measures <- c("chisq", "df", "chisq.scaled", "pvalue.scaled", "cfi.scaled", "tli.scaled", "rmsea.scaled",
              "rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled", "srmr", "baseline.chisq.scaled")
keep <- function(key, fit, call) add(key, fitMeasures(fit, measures), "lavaan", paste(call, "WLSMV:", paste(measures, collapse = " ")))
free <- paste("f =~ NA*item1 +", paste(items[-1], collapse = " + "), "\nf ~~ 1*f")
fit <- cfa(free, data, ordered = items, estimator = "WLSMV")
keep("cfa.one", fit, "one factor, 8 items")
add("cfa.one.loadings", coef(fit)[1:8], "lavaan", "its loadings")
two_factors <- "f =~ NA*item1 + item2 + item3 + item4\n g =~ NA*item5 + item6 + item7 + item8\n f ~~ 1*f\n g ~~ 1*g"
# In every second row the answers to items 5 to 8 are those of the next row: two factors, and one does not fit.
mixed <- data; even <- seq(2, nrow(data), 2); mixed[even, items[5:8]] <- data[even + 1, items[5:8]]
keep("cfa.misfit", cfa(free, mixed, ordered = items, estimator = "WLSMV"), "one factor where there are two")
fit <- cfa(two_factors, mixed, ordered = items, estimator = "WLSMV")
keep("cfa.two", fit, "two factors of four items")
add("cfa.two.correlation", lavInspect(fit, "std")$psi[1, 2], "lavaan", "their correlation")

# Not answered: item j left blank in the rows for which (row + 7 j) mod 11 is 0.
holes <- data
for (j in 1:8) holes[(seq_len(nrow(data)) + 7 * j) %% 11 == 0, items[j]] <- NA
fit <- cfa(free, holes, ordered = items, estimator = "WLSMV", missing = "pairwise")
keep("cfa.pairwise", fit, "one factor, 8 items with blanks, missing = pairwise")
add("cfa.pairwise.gamma", diag(lavInspect(fit, "gamma")), "lavaan", "its gamma, diagonal")

# Wu and Estabrook 2016, delta parameterization, six items with four levels each used in every sector.
used <- items[c(1, 2, 5, 6, 7, 8)]; G <- 5
same <- function(name) paste0("c(", paste(rep(name, G), collapse = ","), ")")
each <- function(first) paste0("c(", paste(c(first, rep("NA", G - 1)), collapse = ","), ")")
syntax <- function(step) {
  rank <- match(step, c("configural", "thresholds", "loadings", "intercepts"))
  lines <- c()
  for (i in used) {
    load <- if (rank >= 3) paste0(" + ", same(paste0("l", i)), "*", i) else ""
    lines <- c(lines, paste0("f =~ ", same("NA"), "*", i, load))
    for (k in 1:3) lines <- c(lines, if (rank >= 2) paste0(i, " | ", same(paste0("t", k, i)), "*t", k) else paste0(i, " | t", k))
    lines <- c(lines, paste0(i, " ~*~ ", if (rank >= 2) each("1") else same("1"), "*", i))
    lines <- c(lines, paste0(i, " ~ ", if (rank %in% 2:3) each("0") else same("0"), "*1"))
  }
  c(lines, paste0("f ~~ ", if (rank >= 3) each("1") else same("1"), "*f"),
    paste0("f ~ ", if (rank >= 4) each("0") else same("0"), "*1"))
}
data$sector <- factor(data$sector, sectors)
fits <- list()
for (step in c("configural", "thresholds", "loadings", "intercepts")) {
  fits[[step]] <- cfa(paste(syntax(step), collapse = "\n"), data, ordered = used, estimator = "WLSMV", group = "sector",
                      group.label = sectors,optim.force.converged = FALSE)
  keep(paste0("groups.", step), fits[[step]], paste("by sector,", step))
}
for (k in 2:4) {
  test <- lavTestLRT(fits[[k - 1]], fits[[k]])
  add(paste0("difference.", names(fits)[k]), c(test[2, "Chisq diff"], test[2, "Df diff"], test[2, "Pr(>Chisq)"]), "lavaan",
      "lavTestLRT, satorra.2000 scaled.shifted: chi-square, df, p")
}
add("groups.intercepts.means", sapply(lavInspect(fits$intercepts, "est"), function(g) g$alpha), "lavaan", "factor means")
add("groups.intercepts.variances", sapply(lavInspect(fits$intercepts, "est"), function(g) g$psi), "lavaan", "factor variances")
writeLines(paste0("{\n", paste(unlist(out), collapse = ",\n"), "\n}"), "ordinal_factors.json")
