"""Names and texts of the demo. All invented; the identifiers are made so that their checks hold or only warn."""

from grants.core.i18n import Words

COMMISSIONS = [
    ("MOB", Words(fr="Services mobiles", ar="الخدمات المتنقلة", en="Mobile services")),
    (
        "SEC",
        Words(
            fr="Sécurité, monétique et droits numériques",
            ar="الأمن والأداء الإلكتروني والحقوق الرقمية",
            en="Security, electronic payment and digital rights",
        ),
    ),
    ("MUL", Words(fr="Multimédia", ar="الوسائط المتعددة", en="Multimedia")),
    ("LOG", Words(fr="Progiciels", ar="البرمجيات الجاهزة", en="Software packages")),
]
CRITERIA = [
    (Words(fr="Caractère innovant", ar="الطابع الابتكاري", en="Innovation"), 30),
    (Words(fr="Marché et modèle économique", ar="السوق والنموذج الاقتصادي", en="Market and business model"), 25),
    (Words(fr="Équipe", ar="الفريق", en="Team"), 20),
    (Words(fr="Faisabilité et calendrier", ar="قابلية الإنجاز والجدول الزمني", en="Feasibility and schedule"), 15),
    (Words(fr="Impact local", ar="الأثر المحلي", en="Local impact"), 10),
]
SUMMARIES = {
    "MAWAHIB": Words(
        fr="Pour les services mobiles qui ont trouvé leurs premiers clients et cherchent les suivants.",
        ar="للخدمات المتنقلة التي وجدت زبناءها الأوائل وتبحث عن غيرهم.",
        en="For mobile services that have found their first customers and look for the next.",
    ),
    "IMKAN": Words(
        fr="Pour la santé numérique. Les projets sont notés en double aveugle.",
        ar="للصحة الرقمية. تُنقَّط المشاريع بتعمية مزدوجة.",
        en="For digital health. Projects are marked double-blind.",
    ),
    "TATWIR": Words(
        fr="Pour les entreprises de plus de deux ans qui passent à l’échelle avec un produit numérique.",
        ar="للمقاولات التي يزيد عمرها عن سنتين وتعمل على توسيع منتج رقمي.",
        en="For companies over two years old that scale up a digital product.",
    ),
    "INTILAK": Words(
        fr="Pour les jeunes entreprises de moins de deux ans qui construisent leur premier produit numérique.",
        ar="للمقاولات التي يقل عمرها عن سنتين وتبني أول منتج رقمي لها.",
        en="For companies under two years old that build their first digital product.",
    ),
}


def _ice(n: int) -> str:
    """A made-up ICE whose check holds: fifteen digits, divisible by 97."""
    base = (900_000_000_000 + n * 1_000_003) * 1000
    return f"{base + (-base) % 97:015}"


COMPANIES = [
    (name, city, _ice(n), court)
    for n, (name, city, court) in enumerate(
        [
            ("Sahel Mobile SARL", "Casablanca", "Casablanca"),
            ("Rif Paiement SA", "Tanger", "Tanger"),
            ("Studio Oudaya", "Rabat", "Rabat"),
            ("Progiciel du Gharb", "Kénitra", "Kénitra"),
            ("Taxi Vert SARL", "Marrakech", "Marrakech"),
            ("Clé Atlas SARL", "Agadir", "Agadir"),
            ("Noujoum Production", "Fès", "Fès"),
            ("Compta Facile SARL", "Oujda", "Oujda"),
            ("Tariq Mobile", "Casablanca", "Casablanca"),
            ("Amane Sécurité", "Rabat", "Rabat"),
            ("Zellige Studio", "Fès", "Fès"),
            ("Sahel Logiciels", "Casablanca", "Casablanca"),
            ("Oasis Connect", "Errachidia", "Errachidia"),
            ("Bled Santé", "Béni Mellal", "Béni Mellal"),
            ("Argane Data", "Agadir", "Agadir"),
            ("Moussem Billets", "Meknès", "Meknès"),
            ("Zitouna Traçabilité", "Taza", "Taza"),
            ("Chabaka Services", "Tétouan", "Tétouan"),
            ("Halka Audio", "Marrakech", "Marrakech"),
            ("Souk Direct", "Settat", "Settat"),
            ("Atlas Secours", "Azilal", "Azilal"),
            ("Marsa Pêche", "Safi", "Safi"),
            ("Madrasa Mobile", "Salé", "Rabat"),
            ("Naql Partagé", "Casablanca", "Casablanca"),
            ("Basar Santé", "Oujda", "Oujda"),
            ("Tibb Connect", "Fès", "Fès"),
        ]
    )
]
PROJECTS = [
    ("Télésurveillance cardiaque par téléphone", "Un capteur et une application pour suivre les patients à distance."),
    ("Paiement par carte dans les taxis", "Un terminal léger, conforme, pour les petits transporteurs."),
    ("Doublage automatique en darija", "Une chaîne de production qui rend les vidéos accessibles en darija."),
    ("Gestion d’atelier pour artisans", "Un progiciel simple de commandes et de stocks, utilisable hors ligne."),
    ("Covoiturage rural", "Mettre en relation chauffeurs et passagers là où les bus ne passent plus."),
    ("Signature électronique pour PME", "Signer, archiver et prouver, avec un certificat marocain."),
    ("Plateforme de podcasts éducatifs", "Des cours audio pour les lycées, en arabe et en français."),
    ("Comptabilité mobile pour commerçants", "Photographier une facture suffit pour la comptabiliser."),
    ("Livraison à vélo", "Organiser des tournées de quartier sans moteur."),
    ("Alerte aux fraudes par SMS", "Reconnaître et bloquer les messages frauduleux."),
    ("Visite virtuelle des médinas", "Des parcours en trois dimensions, racontés par les habitants."),
    ("Assistant de rédaction de factures", "Des factures conformes en trois langues."),
    ("Irrigation guidée par téléphone", "Arroser au bon moment, d’après le sol et la météo."),
    ("Rappels de vaccination", "Des messages vocaux en amazigh et en darija pour les familles."),
    ("Prix des coopératives en direct", "Vendre l’huile d’argan au prix du jour, sans intermédiaire."),
    ("Billetterie des festivals", "Un billet sur téléphone, contrôlé sans réseau."),
    ("De l’olive à la bouteille", "Chaque litre d’huile raconte son champ et sa date."),
    ("Réseau de dépanneurs", "Trouver un réparateur de confiance dans son quartier."),
    ("Contes et récits à écouter", "La mémoire des conteurs, enregistrée et diffusée."),
    ("Le marché livré", "Les légumes du producteur, commandés la veille."),
    ("Alerte en montagne", "Prévenir les secours là où le réseau manque."),
    ("Criée numérique", "La pêche du jour mise en vente avant le retour au port."),
    ("Soutien scolaire par message", "Une question le soir, une réponse d’étudiant le lendemain."),
    ("Camions pleins", "Partager le retour à vide des transporteurs."),
    ("Dépistage de la rétine au village", "Un appareil portable qui lit le fond de l’œil en moins d’une minute."),
    ("Le dossier du patient dans sa poche", "Ordonnances et analyses, lues sans réseau par le soignant."),
]
DESCRIPTION = (
    "Le problème. Les usagers visés n’ont aujourd’hui aucune offre adaptée à leur langue et à leur budget.\n\n"
    "La solution. Un produit simple, testé avec vingt utilisateurs, qui fonctionne sur un téléphone d’entrée de gamme "
    "et sans connexion permanente.\n\n"
    "Le marché. Trois clients pilotes ont signé une lettre d’intention ; le modèle repose sur un abonnement.\n\n"
    "L’équipe. Deux fondateurs à plein temps, une ingénieure et un conseiller scientifique.\n\n"
    "Le calendrier. Prototype à six mois, pilote à douze mois, mise sur le marché à dix-huit mois."
)


def evidence(title: str) -> bytes:
    """A one-page PDF that says its title: small, well-formed, with its table of references."""
    text = title.encode("cp1252", "replace").replace(b"(", b"").replace(b")", b"")
    stream = b"BT /F1 18 Tf 72 760 Td (" + text + b") Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for n, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (len(objects) + 1, table, trailer)


ANSWERS = {  # to the questions of the example call, by their ids
    "customers": "Les commerçants de proximité : 99 MAD par mois. Aujourd’hui ils notent tout sur un cahier.",
    "stage": "prototype",
    "founders": "Deux ingénieures et un commercial, huit ans d’expérience dans le paiement mobile.",
    "full_time": 3,
    "people": [
        {"name": "Imane Zerouali", "role": "Directrice technique", "days": 20},
        {"name": "Youssef Amrani", "role": "Ventes", "days": 20},
        {"name": "À recruter", "role": "Développement mobile", "days": 15},
    ],
    "true": True,
}
