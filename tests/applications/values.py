"""What a receipt says, as the template receives it."""

VALUES = {
    "language": "fr",
    "direction": "ltr",
    "date": [2027, 2, 20, 21, 58, 41],
    "site": "Tamwil",
    "fund": "Fonds",
    "title": "Reçu",
    "lead": "Nous avons reçu ce dossier.",
    "facts": [["Référence", "2027-1-0001", True, ""], ["Reçu", "20 février 2027", False, "2027-02-20"]],
    "hash-title": "Empreinte",
    "hash-rows": ["0000 0000", "0000 0000"],
    "hash-note": "Elle couvre tout.",
    "verify-title": "Vérifier",
    "verify-text": "Sur notre page.",
    "address-label": "Page",
    "address": "localhost/verify",
    "link": "http://localhost/verify?x",
    "code-label": "Code",
    "code": "0000 0000",
    "footer": "Fait à la demande.",
}
