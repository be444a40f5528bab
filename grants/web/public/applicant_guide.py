"""The applicant's help page: written for a founder who has never applied for anything."""

from grants.core.i18n import N_
from grants.web.public.guide import Guide

APPLICANT = Guide(
    "applicant",
    N_("Applicants"),
    "rocket",
    N_("From the first look at a call to the last payment."),
    [
        (
            N_("Read the call"),
            N_("Its page says what is funded, how much, at which rate, how projects are marked, and until when."),
        ),
        (
            N_("See whether you may apply"),
            N_(
                "The self-test of the call asks a few questions, without an account. It names each rule you do not"
                " meet and says why; your answers come along into your draft."
            ),
        ),
        (
            N_("Ask what is unclear"),
            N_(
                "On the page of the call, until the date it gives. The answer is published for everybody, without"
                " your name."
            ),
        ),
        (
            N_("Create your account and your organisation"),
            N_(
                "Confirm your e-mail address, then enter your organisation’s identifiers once: they serve for every"
                " call."
            ),
        ),
        (
            N_("Draft with your colleagues"),
            N_(
                "Fill the sections in any order. Everything you type is saved as you go; an owner of the"
                " organisation submits."
            ),
        ),
        (
            N_("Fill tables and attach files where a question asks"),
            N_(
                "Add a row, or paste rows from your spreadsheet. What cannot be read is named by its row and column"
                " and stays as you typed it. A file is attached beside its question."
            ),
        ),
        (
            N_("Bring in partners, if the project needs them"),
            N_(
                "On the page of the consortium you invite them by e-mail. Each writes its part and one of its owners"
                " accedes: the application cannot be submitted before. The agreement and the payments stay with you."
            ),
        ),
        (
            N_("Check, then submit before the deadline"),
            N_(
                "The last page lists what is missing, with links. You receive a receipt with a reference, the exact"
                " time and a fingerprint of what you sent; anybody who holds it can check it. Until the closing you"
                " may reopen and submit again."
            ),
        ),
        (
            N_("Answer if the fund asks"),
            N_(
                "The fund may ask for a clarification, or for a document that is missing: you receive an e-mail with"
                " the date by which to answer. That date holds even after the call closed."
            ),
        ),
        (
            N_("Read the decision"),
            N_(
                "Funded, on the reserve list or not selected: the reasons come with it, and the marks where the call"
                " tells them."
            ),
        ),
        (
            N_("Appeal, if you were refused"),
            N_(
                "Once, until the date on the page of your application, in your own words. Somebody who took no part"
                " in the refusal hears your appeal: upheld, your application goes on from where it was; dismissed,"
                " the refusal is final. You read the reasons either way."
            ),
        ),
        (
            N_("Sign, deliver, claim"),
            N_("Once the agreement is signed, claim each instalment with its evidence and follow the payment."),
        ),
        (
            N_("Claim with your invoices"),
            N_(
                "Pre-financing is claimed as an amount. For the other instalments enter each invoice with its proof of"
                " payment, its budget line and who spent it, or fill in the workbook. Everything is saved as you write."
                " Before you submit you see what your invoices would pay, and why not more. Afterwards you read what"
                " was accepted of each, with the reasons."
            ),
        ),
    ],
    [
        N_("The amount you request stays within the ceiling and the funding rate of the call."),
        N_("What arrives before the deadline counts, even when the server is busy."),
        N_("An organisation has one application in a call, however often a button is pressed."),
        N_("Nobody reads a draft but your organisation and the partners that take part."),
        N_("If the project changes after a partner has acceded, it is asked to confirm."),
        N_("A large file that was cut goes on from where it was, even after the browser was closed."),
        N_("If your session ends while you write, sign in again: what you typed comes back on its page."),
        N_(
            "If a colleague saves the section you are writing, you see both texts, word by word, and one that holds"
            " both. Every version is kept and can be restored."
        ),
        N_("Comments on a section are read by the people of your organisation alone."),
    ],
    [
        (
            N_("I have never applied for a grant. Where do I start?"),
            N_(
                "With the self-test of a call: it takes a minute. If it says you may apply, begin a draft: nobody"
                " reads it before you submit, and you can leave it at any time and come back."
            ),
        ),
        (
            N_("Do I have to pay the grant back?"),
            N_(
                "A grant is not paid back if the project is carried out as agreed. What is paid and not spent as"
                " agreed is recovered. The page of the call says when it funds something else, such as an advance."
            ),
        ),
        (
            N_("How much may I ask for?"),
            N_(
                "At most the funding rate of the call times the eligible cost of your project, and never more than"
                " its ceiling. The budget section works it out and explains it in numbers. The rest is yours to find:"
                " own money, a loan, partners."
            ),
        ),
        (
            N_("What if my connection is cut or my session ends while I write?"),
            N_(
                "What is on your page stays on it and is saved when the connection is back. If you are signed out,"
                " sign in again: what you had sent is there."
            ),
        ),
        (
            N_("What if I press “Submit” twice, or not in time?"),
            N_(
                "Pressing twice submits once. What counts is the moment your request reaches the server, by the"
                " server’s clock. After the closing nothing is taken: submit early, you may reopen."
            ),
        ),
        (
            N_("Who reads my application?"),
            N_(
                "Before you submit: the people of your organisation, and of your partners once they take part. After:"
                " the people of the fund and the reviewers of your commission, once they have declared that they have"
                " no conflict of interest."
            ),
        ),
        (
            N_("Can a colleague help me?"),
            N_(
                "Yes: invite them from the page of your organisation. An editor writes, an owner submits too, a"
                " reader reads. Two people may write at the same time; nobody’s text replaces another’s silently."
            ),
        ),
        (
            N_("Can I change something after I submitted?"),
            N_(
                "Until the call closes: reopen the application, change it, submit it again. Afterwards only if the"
                " fund asks you to complete it."
            ),
        ),
        (
            N_("How do I not miss a date?"),
            N_(
                "Subscribe to your calendar from your account: every date that concerns you appears in your phone’s"
                " calendar and moves when it moves. Reminders also come by e-mail."
            ),
        ),
        (
            N_("Why is my claim paid less than my invoices?"),
            N_(
                "The fund pays its rate of the accepted costs, less the pre-financing that they clear and what is kept"
                " back until the balance. The page of the claim shows every step. If a claim is rejected, claim the"
                " instalment again: its invoices are already in it."
            ),
        ),
        (
            N_("An invoice belongs to two budget lines. What do I do?"),
            N_("Enter it twice, with the same number and the same file, each time with the part of that budget line."),
        ),
        (
            N_("How do I prove that I submitted?"),
            N_(
                "With the receipt, on its page or as PDF. Whoever holds it can check on the public page “Check a"
                " receipt” that it is genuine, without seeing your application."
            ),
        ),
    ],
)
