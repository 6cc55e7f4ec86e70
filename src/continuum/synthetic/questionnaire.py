"""Questions of the synthetic provider survey, written for this project.

The published survey's items and response scale are not known (see data/published); nothing here claims to be them.
"""

from __future__ import annotations

SECTORS = ("Legal or law enforcement", "Medical", "Non-profit", "Social service", "Foster care")
STATES = ("State A", "State B")
YES_NO = ("Yes", "No")
UNSURE = "Not sure"

FREQUENCY = ("Never", "Rarely", "Sometimes", "Often", "Very often")
EXTENT = ("Not at all", "A little", "Somewhat", "Quite a bit", "A great deal")
CAPACITY = ("Not able to meet", "Able to meet partly or by referral", "Able to meet")
DONT_KNOW = "Don't know"
NOT_APPLICABLE = "Not applicable to my work"

WARNING_SIGNS = (
    "Someone else speaks for the person",
    "Does not hold their own identity documents",
    "Cannot come and go freely",
    "Owes a debt to an employer or recruiter",
    "Avoids questions about work or home",
    "Untreated injuries or illness",
    "Frequent changes of address",
    "Lives where they work",
    "Pay is withheld or unclear",
    "Fear when certain people call",
)
MICRO = (
    "Lack of stable housing",
    "Low or no income",
    "Debt",
    "Substance use",
    "Experience of violence at home",
    "Leaving foster care",
    "Interrupted schooling",
    "Little contact with family",
)
MACRO = (
    "High rents",
    "Low-wage local economy",
    "Immigration rules",
    "Gaps in public benefits",
    "Discrimination",
    "Few mental health services",
    "Under-resourced schools",
    "Lack of public transport",
)
SERVICES = (
    "Emergency shelter",
    "Legal help",
    "Medical care",
    "Counseling",
    "Employment support",
    "Case management",
    "Language interpretation",
)
NONE_OPTION = "None of these"
NEEDS = (
    "Safe place to stay tonight",
    "Longer-term housing",
    "Food and clothing",
    "Medical care",
    "Mental health care",
    "Legal advice",
    "Income or work",
    "Transport",
)

#: Open questions with the codes of their answers, and short synthetic answers per code.
OPEN: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "open_barrier": (
        "What stands most in the way of meeting immediate needs?",
        {
            "housing": ("No place to send people tonight.", "Housing is the wall we run into.", "Shelters are full."),
            "funding": ("Funding ends every year.", "Grants do not cover what people need first."),
            "staff": ("Not enough staff at night.", "Caseloads are too high to do this well."),
            "coordination": ("Agencies do not know what the others offer.", "Referrals go in circles."),
            "trust": ("It takes time to build trust.", "People have reasons not to trust offices."),
        },
    ),
    "open_prevention": (
        "What would prevent exploitation where you work?",
        {
            "housing": ("Stable housing for young people.", "Rents that wages can pay."),
            "income": ("Jobs with a contract.", "Wages that are paid and enough."),
            "education": ("Teach what a lawful job looks like.", "Keep students in school."),
            "rights": ("Labor rights in every language.", "Permits that do not depend on one employer."),
            "services": ("Services without conditions.", "Let people come back without starting over."),
        },
    ),
}
UNCODABLE = "uncodable"
UNCODABLE_ANSWERS = ("See above.", "Hard to say.", "–")
