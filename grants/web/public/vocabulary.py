"""The words of the field, each with its meaning here."""

from grants.core.i18n import N_

VOCABULARY = [
    (N_("Call for proposals"), N_("A published invitation to apply, with its rules, dates, criteria and envelopes.")),
    (N_("Cluster"), N_("An association of a sector that runs one or more funds.")),
    (N_("Commission"), N_("A thematic group of a cluster whose members review the projects of their theme.")),
    (N_("Strategic committee"), N_("Sets priorities, approves calls and takes the funding decisions.")),
    (N_("Lead applicant"), N_("The organisation that submits the project and answers for it.")),
    (N_("Consortium"), N_("The lead applicant and its partners in one project.")),
    (N_("Admissibility"), N_("Whether a file is complete and arrived in time.")),
    (N_("Eligibility"), N_("Whether the applicant and the project fall within the rules of the call.")),
    (N_("Rubric"), N_("The weighted criteria by which reviewers mark a project.")),
    (N_("Recusal"), N_("Stepping aside because of a conflict of interest.")),
    (N_("Reserve list"), N_("Projects worth funding that wait for credit to be freed.")),
    (N_("Funding rate"), N_("The share of the eligible cost that the fund pays.")),
    (N_("Ceiling"), N_("The most the fund gives to one project, whatever its cost.")),
    (N_("Envelope"), N_("What a call may spend in one commission’s theme.")),
    (N_("Grant agreement"), N_("The signed document that binds the fund and the beneficiary.")),
    (N_("Instalment"), N_("One of the parts in which a grant is paid.")),
    (N_("Appropriation"), N_("Credit opened in a fund for a fiscal year, under a document.")),
    (N_("Reservation"), N_("Credit set aside by a funding decision, before the agreement.")),
    (N_("Commitment"), N_("The fund’s promise to pay, recorded with the accountant’s visa.")),
    (N_("Certified delivery"), N_("The statement that what a claim is for was really delivered.")),
    (N_("Verification"), N_("Fixing the exact amount owed, from the evidence.")),
    (N_("Payment order"), N_("The authorising officer’s instruction to pay.")),
    (N_("Authorising officer"), N_("Commits the fund and orders payments, and never pays.")),
    (N_("Accountant"), N_("Checks orders, pays and records what the bank did, and never orders.")),
    (N_("De-commitment"), N_("Freeing what was committed and will not be paid.")),
    (N_("Recovery order"), N_("The demand to pay back what was paid without right.")),
]
