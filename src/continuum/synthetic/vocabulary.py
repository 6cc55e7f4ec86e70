"""Words of the synthetic interviews: codes, definitions and sentences, all written for this project.

Only the four areas are published (10.1177/0886109918803648). Codes, definitions and sentences are examples of what a
team's codebook could hold; they are nobody's words.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A code of the synthetic codebook, with sentences that express it."""

    name: str
    area: str
    level: str
    definition: str
    sentences: tuple[str, ...]


def _codes(area: str, rows: list[tuple[str, str, str, tuple[str, ...]]]) -> tuple[Code, ...]:
    return tuple(Code(name, area, level, definition, sentences) for name, level, definition, sentences in rows)


ECONOMIC = _codes(
    "economic insecurity",
    [
        ("Low or unpaid wages", "micro", "Pay that is too low to live on, or withheld.", (
            "Some of the people we serve are paid less than they were promised.",
            "A person told our front desk that two weeks of pay never came.")),
        ("Debt", "micro", "Money owed to lenders, landlords, recruiters or relatives.", (
            "Debt comes up early: a loan for a car, a phone, a hospital bill.",
            "People say that what they owe decides which work they accept.")),
        ("Lack of a financial cushion", "micro", "No savings or credit for an unexpected expense.", (
            "One broken car part and the month no longer adds up.",
            "There is no cushion, so any offer of quick work looks reasonable.")),
        ("Job loss", "micro", "Loss of work or of hours.", (
            "After the plant cut its hours we saw more families at intake.",
            "Losing a job was often the first event people described.")),
        ("Hard-to-reach benefits", "macro", "Public benefits that are denied, delayed or confusing.", (
            "The application takes weeks, and the need is today.",
            "People who qualify still do not get the benefit, because the forms defeat them.")),
        ("Low-wage labor market", "macro", "Local work is mostly temporary, seasonal or poorly paid.", (
            "What is on offer here is temporary work without a contract.",
            "Around here the open jobs are the ones nobody can live on.")),
    ],
)  # fmt: skip
HOUSING = _codes(
    "housing insecurity",
    [
        ("Eviction", "micro", "Eviction or the threat of it.", (
            "An eviction notice is what brings many people to our door.",
            "Once an eviction is on record, every next landlord says no.")),
        ("Staying with others", "micro", "Sleeping at friends', relatives' or acquaintances' places.", (
            "Young people stay on couches and owe a favor for each night.",
            "Staying with others works until the host asks for something in return.")),
        ("Leaving foster care", "micro", "Aging out of care without a stable home.", (
            "At eighteen the placement ends, and the plan is often a phone number.",
            "Those who leave care tell us nobody asked where they would sleep in the second month.")),
        ("Away from home as a minor", "micro", "Leaving home, or being told to leave, before adulthood.", (
            "Minors who left home said that home was not safe for them.",
            "Being told to leave after coming out is something our youth team hears.")),
        ("Full shelters", "macro", "No shelter place, or rules that exclude.", (
            "We call the shelters at four, and at four they are full.",
            "A family with an older son could not be placed together anywhere.")),
        ("High rents", "macro", "Local rents above what low wages can pay.", (
            "Rent rose faster than anything we can subsidize.",
            "No full-time job at the minimum pays for two rooms here.")),
    ],
)  # fmt: skip
EDUCATION = _codes(
    "education",
    [
        ("Missed school", "micro", "Long absence or leaving school early.", (
            "By the time we meet them, some students have missed most of a year.",
            "Missing school is the thread I would pull first.")),
        ("Exclusion from school", "micro", "Suspension or expulsion that cuts contact with school.", (
            "A suspension means two weeks in which no adult sees the child.",
            "Discipline pushed out the students who most needed the building.")),
        ("Missing learning support", "micro", "Needs for support that were not recognized.", (
            "Her learning needs were noted in one school and lost in the next.",
            "Without support in class, he stopped believing that school was for him.")),
        ("Lack of a trusted adult at school", "micro", "Nobody at school a student would confide in.", (
            "Students tell us there was no one at school to say it to.",
            "One trusted adult changes the story, and many do not have one.")),
        ("Under-resourced schools", "macro", "Few counselors, nurses or social workers.", (
            "One counselor for six hundred students cannot notice much.",
            "The district cut its social workers, and the questions landed with us.")),
        ("Lack of prevention education", "macro", "Healthy relationships and labor rights are not taught.", (
            "Nobody teaches what a lawful job offer looks like.",
            "Prevention is a single assembly, if it happens at all.")),
    ],
)  # fmt: skip
MIGRATION = _codes(
    "migration",
    [
        ("Language isolation", "micro", "No shared language with services or neighbors.", (
            "A poster that asks ¿Dónde puedo dormir esta noche? gets more calls than our website.",
            "Without an interpreter people nod, and we learn nothing.")),
        ("Separation from family", "micro", "Distance from relatives who could help.", (
            "Her family is in another country, so an employer became her only contact.",
            "People far from their relatives have no one to check whether an offer is real.")),
        ("Documents held by others", "micro", "An employer or another person keeps identity papers.", (
            "He could not show a passport, because the person who hired him kept it.",
            "When documents are held by someone else, leaving is not a simple choice.")),
        ("Fear of authorities", "micro", "Fear that contact with officials leads to removal.", (
            "Fear of being sent away keeps people out of the clinic.",
            "They would rather lose the wages than speak to an officer.")),
        ("Status tied to an employer", "macro", "Right to stay depends on one employer.", (
            "When the visa depends on one employer, complaining costs the right to stay.",
            "The rule ties a person to the workplace, whatever happens there.")),
        ("Scarce legal help", "macro", "Few affordable immigration lawyers.", (
            "There is one free immigration lawyer for the whole area.",
            "The waiting list for legal help is longer than the deadline.")),
    ],
)  # fmt: skip
CODES: tuple[Code, ...] = ECONOMIC + HOUSING + EDUCATION + MIGRATION

#: Sentences that no code applies to.
NEUTRAL = (
    "I have worked in this role for several years.",
    "Our team meets every week to talk about what we see.",
    "We try to ask what the person wants before we offer anything.",
    "Some people come back after months, and the door is open.",
    "I would say this differently for each person.",
    "The interviewer paused to check the recorder \U0001f399 and we went on.",
    "The café across the street is where many first talks happen.",
    "People decide for themselves which service they use and when they stop.",
    "What helps most is time, and time is not funded.",
)
LINK = "As I see it, {first} led to {second} for the people I am thinking of."

SECTORS: dict[str, tuple[str, ...]] = {
    "Medical": ("clinic", "emergency department"),
    "Education": ("school", "adult learning center"),
    "Legal": ("legal aid office", "advocacy office"),
    "Social services": ("family service agency", "youth program"),
}
SITES = ("Kansas City, Missouri", "Kansas City, Kansas")
