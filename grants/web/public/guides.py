"""The help pages, one for each role: what you do, in what order, what the system checks. In our own words."""

from grants.core.i18n import N_
from grants.web.public import panel_guides
from grants.web.public.applicant_guide import APPLICANT
from grants.web.public.applying_guides import BUDGET, TOGETHER
from grants.web.public.conflict_guide import CONFLICTS
from grants.web.public.fund_guide import FUND
from grants.web.public.guide import Guide
from grants.web.public.search_guide import SEARCH
from grants.web.public.session_guide import SESSION

REVIEWER = Guide(
    "reviewer",
    N_("Reviewers"),
    "scale",
    N_("You mark projects of your commission against the published rubric."),
    [
        *panel_guides.FOR_REVIEWERS,
        (
            N_("Declare a conflict, or none"),
            N_(
                "Before you see the file. If you know the applicant through work, money or family, say so: another"
                " reviewer takes over and nobody asks further."
            ),
        ),
        (
            N_("Read the file beside the rubric"),
            N_("The page keeps both in view. Your marks and comments are saved as you write."),
        ),
        (
            N_("Mark from 0 to 5"),
            N_("By half marks, with the keyboard if you like. A comment is required at 3 or under."),
        ),
        (
            N_("Say what you recommend"),
            N_(
                "Where the budget has lines, an amount for each heading, with the reason of each cut; the sum stands"
                " below. Your private notes are read by nobody else."
            ),
        ),
        (
            N_("Save and next"),
            N_("Leads to the file with the fewest reviews, so that every project gets its share of attention."),
        ),
        (
            N_("Mark in a workbook, if you are often offline"),
            N_(
                "Fetch one Excel sheet with all your files, send it back filled in, and see what it changes before"
                " anything is written. What you changed on the site meanwhile stays, unless you say otherwise."
            ),
        ),
        (
            N_("Submit"),
            N_("A submitted review is final; only the chair can reopen it, with a reason."),
        ),
    ],
    [
        N_("You see the file only after you have declared no conflict."),
        N_("You see the other reviews only after your own is in."),
        N_("In a double-blind call you are not told who applies, and you read anonymised versions of the documents."),
        N_("You read the pages of a PDF as pictures, here: nothing of the file runs on your computer."),
        N_("Every criterion is marked and every low mark is explained before you can submit."),
        *panel_guides.REVIEWERS_CHECKS,
    ],
)
CHAIR = Guide(
    "chair",
    N_("Commission chairs"),
    "users-round",
    N_("You assign reviewers, follow their progress, rank and propose."),
    [
        *panel_guides.FOR_CHAIRS,
        (N_("Assign reviewers"), N_("The page shows each reviewer’s load. Those with a conflict are replaced.")),
        (
            N_("Or let a proposal be computed"),
            N_(
                "Assignment, on the commission’s page, proposes who reviews what: by bids, declared expertise and load,"
                " without conflicts, with an expert on each application and never two reviewers of one institution."
                " Open a name to read why. Change what you like, here or in the workbook, then confirm it as a whole:"
                " nobody is asked before that, and nothing is sent if a fact has moved meanwhile. An empty seat says"
                " why it is empty."
            ),
        ),
        (N_("Follow the reviews"), N_("Reminders leave by themselves before and after the due date.")),
        (
            N_("Read the statistics"),
            N_(
                "Which reviews are missing, where marks lie far apart, who is severe or generous, how far reviewers"
                " agree on each criterion. Calibrated marks stand beside the raw means, with the interval of ranks that"
                " the marks allow and the probability of being funded. They help to choose what to discuss; thresholds"
                " and decisions rest on raw or consensus marks."
            ),
        ),
        (N_("Rank"), N_("Once all reviews are in, order the projects and see the line where the envelope ends.")),
        (
            N_("Propose"),
            N_("Send the whole ranking to the strategic committee: fund, reserve or reject, with amounts and notes."),
        ),
    ],
    [
        N_("The projects you propose for funding fit in your commission’s envelope."),
        N_("No amount is above what the applicant requested."),
        N_("A project in which you have a conflict is neither shown to you nor counted for you."),
        N_(
            "A conflict with one project of the commission closes its ranking and statistics to you: a total"
            " would tell."
        ),
        N_("Reviewers who share no project are never compared, and too few marks are said to be too few."),
        *panel_guides.CHAIRS_CHECKS,
    ],
)
COMMITTEE = Guide(
    "committee",
    N_("Strategic committee"),
    "gavel",
    N_("You approve calls and take the funding decisions."),
    [
        (
            N_("Approve a call, or return it"),
            N_(
                "The page puts the envelopes beside the fund’s available credit. Approval sets the credit aside and"
                " freezes the rules; a return needs a reason."
            ),
        ),
        (
            N_("Decide on each proposal"),
            N_("Funded reserves the credit at once. Not selected needs a reason, which the applicant reads."),
        ),
        (
            N_("Look at the whole picture"),
            N_(
                "Every commission beside its envelope, on a chart and in a table, with the line where each envelope"
                " ends; the same as an Excel file."
            ),
        ),
        (
            N_("Try before you decide"),
            N_(
                "“What if…” is a draft of your own: move a line, change an amount, move credit between envelopes. It"
                " changes nothing until you confirm its preview; then all of it is done, or nothing."
            ),
        ),
        (
            N_("Decide on several at once"),
            N_("Tick projects, choose one outcome: a preview says what happens to whom and what credit is left."),
        ),
        (
            N_("Transfer credit between envelopes"),
            N_(
                "Within one call, with a reason that everybody who follows the call reads. Only what is free and what"
                " no pending proposal needs."
            ),
        ),
        (
            N_("Read the letters beforehand"),
            N_(
                "Each outcome has its letter in three languages. Leave our words, or write your own with places such as"
                " the amount or the reasons; the preview shows what a real applicant will read."
            ),
        ),
        (N_("Close the call"), N_("When every decision is taken, close it: all applicants are told the same day.")),
        (
            N_("Hear appeals"),
            N_(
                "From “Calls and decisions”. Upheld, the project comes back among the decisions to take; dismissed, the"
                " refusal is final. The applicant reads your reasons."
            ),
        ),
    ],
    [
        N_("The fund never spends what it does not have, however many people decide at once."),
        N_("Who sent a call to the committee does not approve it; who proposed a project does not decide on it."),
        N_("Nobody hears an appeal against a decision they took or proposed."),
        N_("Linked to an applicant, you see no figure of its commission before the results, and decide nothing on it."),
        N_("The reserve list is funded in rank order, with freed credit only; passing over somebody takes a reason."),
        N_("Marks are in a letter only as far as the call tells them to its applicants."),
    ],
)
OFFICER = Guide(
    "officer",
    N_("Programme officers"),
    "clipboard-list",
    N_("You prepare calls, check files, follow agreements and claims."),
    [
        (
            N_("Draft the call"),
            N_("Start from an example or from nothing: dates, ceiling, rate, instalments, envelopes, rubric."),
        ),
        (
            N_("Copy an earlier call, add questions of its own"),
            N_(
                "“Copy into a new call”, on the page of a call, gives a draft all it asked. A question may be"
                " answered with a text, a figure, a date, a choice, a table or files; the preview shows what"
                " applicants will see."
            ),
        ),
        (
            N_("Say what a budget may hold"),
            N_(
                "Name the categories of cost; give a cap to those that must stay small, such as subcontracting. A rate"
                " or a ceiling of their own for some kinds of organisation replaces the call’s for their lines alone."
                " Without categories, applicants give a cost and an amount."
            ),
        ),
        (
            N_("List the documents"),
            N_(
                "Each with the kinds of file, how many, how old, a template if there is one, and who attaches it: the"
                " lead, each partner, or every member. Ask for little: what is optional is rarely read."
            ),
        ),
        (
            N_("Say who may apply together"),
            N_(
                "The rule on consortia takes a number of members, kinds that must be among them, and who leads. It is"
                " checked while partners join and again at submission; the ceiling of public aid looks at every member"
                " that receives a part of the grant."
            ),
        ),
        (N_("Send it to the committee"), N_("Once approved, publish it. It opens and closes by itself.")),
        (
            N_("Extend if you must"),
            N_("With a reason, which the call’s page announces. The date only moves later."),
        ),
        (
            N_("Check the files"),
            N_(
                "Admissible, or incomplete with a date to complete it, or inadmissible with a reason; then eligible"
                " or not."
            ),
        ),
        (N_("Start the evaluation"), N_("The commissions then receive the eligible files.")),
        (
            N_("Hear appeals"),
            N_(
                "From “Applications”, when another programme officer refused the file. Upheld, it is checked again;"
                " dismissed, the refusal is final. The applicant reads your reasons."
            ),
        ),
        (
            N_("Follow the grants"),
            N_("Prepare the agreement, check claims line by line and certify what was delivered."),
        ),
    ],
    [
        N_("The weights of the rubric and the instalments add up to 100."),
        N_("A closing time that the clocks skip or repeat is refused."),
        N_("A programme officer moves no money, and whoever checked a claim takes no other step on it."),
        N_("Whoever declared a file inadmissible or ineligible does not hear the appeal against it."),
    ],
)
FUND_MANAGER = Guide(
    "fund-manager",
    N_("Fund managers"),
    "landmark",
    N_("You open funds and credit, and answer for the figures."),
    [
        (N_("Open the fund"), N_("Code, name, currency and the first credit with its document, in one step.")),
        (N_("Open further credit"), N_("One appropriation for each document; the same document never serves twice.")),
        (N_("Watch the fund"), N_("Credit by commission, commitments, payments, what is late.")),
        (
            N_("Export the ledger"),
            N_("The workbook shows the same totals as the screen, with the controls that prove it."),
        ),
        (
            N_("Publish the awards"),
            N_("As open data in the 360Giving standard, under a licence you choose: results known, agreements signed."),
        ),
    ],
    [
        N_("Nothing posted is edited or deleted; a mistake is reversed by an operation of its own."),
        N_("Amounts of different currencies are never added together."),
    ],
)
AUTHORISING_OFFICER = Guide(
    "authorising-officer",
    N_("Authorising officers"),
    "signature",
    N_("You commit the fund and order payments."),
    [
        (
            N_("Propose the commitment"),
            N_("From the agreement the programme officer prepared; the credit is already reserved."),
        ),
        (N_("Sign last"), N_("After the accountant’s visa and the beneficiary’s signature.")),
        (N_("Order the payment"), N_("Of a claim that was checked, certified and verified by others.")),
    ],
    [
        N_("You cannot give the visa on your own commitment."),
        N_("On one claim nobody holds two of: check, verify, order, pay."),
    ],
)
ACCOUNTANT = Guide(
    "accountant",
    N_("Accountants"),
    "calculator",
    N_("You give visas, pay, and record what the bank did."),
    [
        (
            N_("Grant or refuse the visa"),
            N_("Before any signature. The visa commits the credit; a refusal needs a reason."),
        ),
        (N_("Check the order"), N_("Approve it or return it with a reason.")),
        (N_("Send to the bank, then record the payment"), N_("With the bank’s reference and value date.")),
    ],
    [
        N_("An instalment is paid once: a second payment finds nothing to pay."),
        N_("The bank’s reference is recorded before the claim counts as paid."),
    ],
)
AUDITOR = Guide(
    "auditor",
    N_("Auditors"),
    "search-check",
    N_("You read everything in your funds and change nothing."),
    [
        (
            N_("Start from a figure"),
            N_("Each total leads to its operations, each operation to its document and its author."),
        ),
        (N_("Follow a file"), N_("Every move keeps who, when, why, before and after.")),
        (
            N_("Verify"),
            N_("The journal is a chain of hashes; the workbook prints its head. An operator can recompute it."),
        ),
    ],
    [N_("The audit trail and the ledger accept additions only, never a change.")],
)
ADMINISTRATOR = Guide(
    "administrator",
    N_("Administrators"),
    "settings",
    N_("You set up clusters, commissions, people and their roles."),
    [
        (N_("Create the cluster"), N_("Its country, currency and time zone: every deadline follows that clock.")),
        (N_("Create its commissions"), N_("One for each theme; their order is the order of every page.")),
        (
            N_("Invite people"),
            N_("They choose their own password. A role may cover a cluster, one fund or one commission."),
        ),
    ],
    [
        N_("An administrator reads no application and moves no money."),
        N_("Roles that must stay apart are refused to one person."),
    ],
)

GUIDES = {
    one.topic: one
    for one in (
        APPLICANT,
        BUDGET,
        TOGETHER,
        REVIEWER,
        CHAIR,
        SESSION,
        CONFLICTS,
        COMMITTEE,
        OFFICER,
        SEARCH,
        FUND,
        FUND_MANAGER,
        AUTHORISING_OFFICER,
        ACCOUNTANT,
        AUDITOR,
        ADMINISTRATOR,
    )
}
