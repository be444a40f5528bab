"""The words funders use for the columns of their lists of awards, without accents or case.

`STRONG` names a field by itself, `WEAK` only when what stands in the column agrees; a word of `AGAINST` in the
heading says that something else is meant. Sources: the 360Giving Data Standard, the French SCDL schema for
subsidies, and the lists that English, French, Arabic, Spanish and German funders publish.
"""


def _phrases(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(phrase.split()) for phrase in text.split(","))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


IDLE = _words(
    "of the a an in for by to from and de la le les l du des d en et au aux un une el los las del y der die das des "
    "gbp eur usd mad dzd xof chf k"
)

STRONG = {
    "identifier": _phrases(
        "identifier,grant identifier,award identifier,grant id,award id,grant reference,award reference,grant number,"
        "award number,grant ref,reference number,grant ref number,identifiant,identifiant subvention,reference,"
        "reference decision,reference dossier,numero dossier,numero subvention,numero convention,numero reference,"
        "referencia,expediente,aktenzeichen,forderkennzeichen,رقم المنحة,رقم الملف,المرجع,رقم المرجع"
    ),
    "title": _phrases(
        "title,grant title,award title,project title,project name,grant name,titre,titre projet,intitule,"
        "intitule projet,nom projet,objet,titulo,titulo proyecto,titel,projekttitel,thema,"
        "عنوان المشروع,العنوان,اسم المشروع"
    ),
    "recipient": _phrases(
        "recipient org name,recipient organization name,recipient organisation name,recipient name,recipient,"
        "recipient organisation,recipient organization,recipient ind name,grantee,grantee name,grantee organisation,"
        "awardee,"
        "awarded to,grant holder,beneficiary,beneficiary name,beneficiaire,nom beneficiaire,organisme beneficiaire,"
        "structure beneficiaire,denomination beneficiaire,laureat,porteur,porteur projet,attributaire,"
        "beneficiario,nombre beneficiario,entidad beneficiaria,zuwendungsempfanger,empfanger,beguenstigter,"
        "المستفيد,اسم المستفيد,الجهة المستفيدة,المنظمة المستفيدة,حامل المشروع"
    ),
    "recipient_id": _phrases(
        "recipient org identifier,recipient organization id,recipient organisation identifier,recipient id,"
        "recipient identifier,organisation identifier,id beneficiaire,identifiant beneficiaire,siret,"
        "siret beneficiaire,siren,ice,ice beneficiaire,rna beneficiaire,nif beneficiaire,charity number,"
        "registered charity number,registration number,org id,organisation id,رقم المستفيد"
    ),
    "amount": _phrases(
        "amount awarded,awarded amount,award amount,grant amount,amount granted,amount approved,approved amount,"
        "total awarded,total award,value awarded,award value,grant value,amount grant,amount award,grant awarded,"
        "amount,montant,montant accorde,montant attribue,montant octroye,montant alloue,montant subvention,"
        "montant aide,subvention accordee,subvention attribuee,aide accordee,montant vote,montant notifie,"
        "importe concedido,importe,cantidad concedida,cuantia,monto,bewilligte summe,fordersumme,betrag,"
        "bewilligter betrag,zuwendung,المبلغ الممنوح,مبلغ المنحة,المبلغ,قيمة المنحة"
    ),
    "requested": _phrases(
        "amount applied,amount requested,requested amount,amount sought,applied amount,amount asked,grant requested,"
        "total requested,montant demande,montant sollicite,subvention demandee,aide demandee,subvention sollicitee,"
        "importe solicitado,cantidad solicitada,beantragte summe,beantragter betrag,المبلغ المطلوب"
    ),
    "currency": _phrases("currency,currency code,devise,monnaie,moneda,wahrung,العملة"),
    "awarded_on": _phrases(
        "award date,awarded date,date awarded,date award,grant date,date grant,decision date,date decision,"
        "approval date,date approved,date approval,date attribution,date octroi,date notification,date convention,"
        "date accord,date deliberation,date vote,fecha concesion,fecha resolucion,bewilligungsdatum,bewilligt am,"
        "datum bewilligung,تاريخ المنح,تاريخ القرار,تاريخ المنحة"
    ),
    "starts_on": _phrases(
        "planned dates start date,planned start date,start date,date start,project start,grant start,planned start,"
        "date debut,debut,date demarrage,debut projet,fecha inicio,beginn,startdatum,laufzeitbeginn,تاريخ البداية"
    ),
    "ends_on": _phrases(
        "planned dates end date,planned end date,end date,date end,project end,grant end,planned end,date fin,fin,"
        "date achevement,fin projet,fecha fin,ende,enddatum,laufzeitende,تاريخ النهاية"
    ),
    "duration": _phrases(
        "planned dates duration months,planned dates duration,duration months,duration,grant duration,term months,"
        "length months,months,number months,duree,duree mois,nombre mois,mois,duracion,duracion meses,laufzeit,"
        "dauer,المدة,المدة بالأشهر,المدة بالاشهر"
    ),
    "programme": _phrases(
        "grant programme title,grant program title,grant programme,programme,program,programme title,programme name,"
        "fund name,scheme,funding stream,grant scheme,dispositif,appel projets,programa,convocatoria,"
        "forderprogramm,programm,البرنامج"
    ),
    "description": _phrases(
        "description,grant description,project description,purpose,grant purpose,summary,project summary,"
        "resume,descriptif,description projet,descripcion,finalidad,beschreibung,zweck,الوصف,وصف المشروع"
    ),
    "city": _phrases(
        "recipient org city,recipient city,city,town,recipient org location,ville,ville beneficiaire,commune,"
        "localite,ciudad,municipio,stadt,ort,المدينة"
    ),
}

WEAK = {
    "identifier": _phrases("id,ref,number,code,numero,no,n,nr,grant,award,dossier,convention,id rae,الرقم"),
    "title": _phrases("project,projet,name,grant,award,activity,proyecto,projekt,purpose,description,المشروع"),
    "recipient": _phrases(
        "organisation,organization,organisation name,organization name,org name,org,name,nom,applicant,applicant name,"
        "charity,charity name,charity grantee,company,company name,institution,lead organisation,association,organisme,"
        "structure,societe,entreprise,raison sociale,denomination,denomination sociale,partner,entidad,organizacion,"
        "organisation nom,nombre,name organisation,organisationsname,trager,المنظمة,الجهة,الاسم,المؤسسة,الشركة"
    ),
    "recipient_id": _phrases("company number,registered number,nif,ncc,rc,rna,uei,ein,charity no,organisation number"),
    "amount": _phrases(
        "approved,awarded,award,grant,value,total,sum,funding,grants,accorde,attribue,octroye,subvention,aide,somme,"
        "funding amount,total amount,montant total,summe,total grant,committed,commitment,montant engage,المنحة,القيمة"
    ),
    "requested": _phrases("requested,applied,sought,asked,demande,sollicite,ask,solicitado,beantragt,المطلوب"),
    "currency": _phrases("ccy,cur,unit"),
    "awarded_on": _phrases(
        "date,approved,awarded,approved on,awarded on,decision,notification,attribution,year awarded,dated,signed,"
        "date signature,fecha,datum,committee date,board date,meeting date,date commission,date comite,التاريخ"
    ),
    "starts_on": _phrases("start,starts,begins,demarrage,commencement,inicio,beginning,البداية"),
    "ends_on": _phrases("end,ends,finish,until,cloture,echeance,fin prevue,completion date,النهاية"),
    "duration": _phrases("term,length,period,periode"),
    "programme": _phrases(
        "fund,theme,thematique,axe,category,categorie,type,strand,stream,call,appel,area,linea,sector"
    ),
    "description": _phrases("details,objective,objectif,objectifs,objet,about,notes,project,aims,activity,activities"),
    "city": _phrases("location,place,area,lieu"),
}

_PARTY = "location funding funder funders donor attribuant financeur code type address adresse url website email phone"
_PLACE = "postcode postal county country region pays city ville town district ward street"
AGAINST = {
    "identifier": _words(
        "recipient org organisation organization beneficiaire beneficiary charity company funding funder attribuant "
        "programme program phone postcode postal geographic location amount date montant url web version"
    ),
    "title": _words("programme program scheme job funding classification document code fund"),
    "recipient": _words(
        f"{_PARTY} {_PLACE} identifier id number numero no siret siren ice rna nif description department contact date "
        "amount montant programme size turnover geographic modified ref reference latitude longitude web"
    ),
    "recipient_id": _words(f"{_PARTY} {_PLACE} name nom funding date"),
    "amount": _words(
        "applied requested sought asked demande demandee sollicite sollicitee solicitado beantragt beantragte "
        "disbursed "
        "paid verse versee paye payee spent remaining balance solde cost cout budget match date number year annee type "
        "id identifier title currency devise beneficiaries minimum maximum min max percentage rate taux duration "
        "recovered reserve returned income turnover المطلوب"
    ),
    "requested": _words("date number disbursed paid awarded approved granted"),
    "currency": _words("amount montant"),
    "awarded_on": _words(
        "modified updated planned actual start end debut fin closing closed deadline payment paiement applied "
        "application received submission demande depot birth published report value amount by reference id"
    ),
    "starts_on": _words("actual"),
    "ends_on": _words("actual closing report"),
    "duration": _words("date amount montant"),
    "programme": _words(
        f"code url description id identifier funding recipient org organisation {_PLACE} officer manager from "
        "regrant document data date amount location"
    ),
    "description": _words("recipient org organisation location programme program type document classification"),
    "city": _words("code type beneficiary geographic funding country latitude longitude url scope"),
}
