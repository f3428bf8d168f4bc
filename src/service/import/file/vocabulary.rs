//! The headers that are understood. The first four of each column are the ones to recommend: Dutch, French, German,
//! English.

use std::sync::LazyLock;

use super::columns::Column;
use super::text::fold;

/// A header that means one column.
pub(super) struct Known {
    pub(super) column: Column,
    /// As we write it.
    pub(super) name: &'static str,
    /// Folded, to compare with.
    pub(super) key: String,
}

/// Every header that means one column.
pub(super) static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let of = |(column, names): &(Column, &'static [&'static str])| {
        let column = *column;
        names.iter().map(move |name| Known {
            column,
            name,
            key: fold(name),
        })
    };
    ALL.iter().flat_map(of).collect()
});

/// Headers that mean one column.
#[rustfmt::skip]
pub(super) const ALL: [(Column, &[&str]); 24] = [
    (Column::StaffNumber, &[
        "Personeelsnummer", "Numéro de personnel", "Personalnummer", "Staff number", "Stamnummer", "Matricule",
        "Personnel number", "Employee number", "Employee ID", "Staff ID", "Personeelsnr", "Stamnr",
        "Werknemersnummer", "Werknemernummer", "Medewerkersnummer", "Personeels-ID", "No de personnel",
        "N° de personnel", "N° personnel", "Numéro matricule", "Numéro de matricule", "N° matricule",
        "No matricule", "Numéro d'employé", "N° employé", "Personal-Nr", "Pers.-Nr", "Mitarbeiternummer",
        "Mitarbeiter-Nr", "Stammnummer", "Staff no", "Employee no", "Payroll number",
    ]),
    (Column::FamilyName, &[
        "Naam", "Nom", "Nachname", "Family name", "Achternaam", "Familienaam", "Nom de famille", "Name",
        "Familienname", "Zuname", "Surname", "Last name",
    ]),
    (Column::GivenNames, &[
        "Voornaam", "Prénom", "Vorname", "First name", "Voornamen", "Prénoms", "Vornamen", "Given name",
        "Given names", "First names", "Forename", "Forenames", "Roepnaam",
    ]),
    (Column::BirthDate, &[
        "Geboortedatum", "Date de naissance", "Geburtsdatum", "Birth date", "Date of birth", "DOB", "Naissance",
        "Né le", "Née le", "Geboren op", "Geboren am", "Geb.datum", "Geb. dat.", "Birthday",
    ]),
    (Column::Employer, &[
        "Werkgever", "Employeur", "Arbeitgeber", "Employer", "Bedrijf", "Firma", "Onderneming", "Vennootschap",
        "Firmanaam", "Bedrijfsnaam", "Naam werkgever", "Naam bedrijf", "Entreprise", "Société", "Firme",
        "Nom de l'employeur", "Nom de l'entreprise", "Nom de la société", "Raison sociale", "Unternehmen",
        "Gesellschaft", "Firmenname", "Company", "Company name", "Employer name",
    ]),
    (Column::CardNumber, &[
        "Badgenummer", "Numéro de badge", "Ausweisnummer", "Card number", "Kaartnummer", "Numéro de carte",
        "Kartennummer", "Badge number", "Badge", "Kaart", "Carte", "Karte", "Card", "Badgenr", "Kaartnr",
        "Pasnummer", "Toegangskaart", "Toegangsbadge", "Badge-ID", "Kaart-ID", "ID badge", "N° de badge",
        "No de badge", "N° badge", "No badge", "Numéro badge", "N° de carte", "No de carte", "N° carte",
        "Numéro carte", "Identifiant badge", "Identifiant de carte", "Ausweis-Nr", "Karten-Nr", "Karten-ID",
        "Card no", "Badge no", "Card ID", "Card identifier", "Card value", "UID", "Card UID",
    ]),
    (Column::CardFormat, &[
        "Formaat", "Format", "Kartenformat", "Card format", "Kaartformaat", "Badgeformaat", "Format de carte",
        "Format de badge", "Format carte", "Format badge", "Ausweisformat", "Badge format", "Kaarttype",
        "Badgetype", "Type de carte", "Type de badge", "Kartentyp", "Ausweistyp", "Card type",
    ]),
    (Column::FacilityCode, &[
        "Faciliteitscode", "Code site", "Anlagencode", "Facility code", "Faciliteitcode", "Sitecode",
        "Systeemcode", "Code de site", "Code du site", "Code installation", "Code d'installation", "Code système",
        "Standortcode", "Systemcode", "FC",
    ]),
    (Column::ValidFrom, &[
        "Geldig vanaf", "Valable dès", "Gültig ab", "Valid from", "Geldig van", "Begindatum", "Startdatum",
        "Ingangsdatum", "Datum van", "Valable à partir du", "Valable du", "Valide dès", "Valide à partir du",
        "Date de début", "Date début", "Début de validité", "Début validité", "Gueltig ab", "Gültig von",
        "Gueltig von", "Beginn", "Start date", "Valid since", "Begin date",
    ]),
    (Column::ValidUntil, &[
        "Geldig tot", "Valable jusqu'au", "Gültig bis", "Valid until", "Geldig tot en met", "Geldig t/m",
        "Vervaldatum", "Vervaldag", "Einddatum", "Datum tot", "Valable au", "Valide jusqu'au", "Date d'expiration",
        "Date expiration", "Date d'échéance", "Expiration", "Date de fin", "Date fin", "Fin de validité",
        "Fin validité", "Gueltig bis", "Ablaufdatum", "Enddatum", "Valid to", "Valid till", "Valid thru",
        "Expiry date", "Expiration date", "Expiry", "Expires", "Expires on", "End date",
    ]),
    (Column::Facilities, &[
        "Faciliteiten", "Installations", "Anlagen", "Facilities", "Faciliteit", "Havenfaciliteiten",
        "Havenfaciliteit", "Terminals", "Terminal", "Installation", "Installations portuaires",
        "Installation portuaire", "Hafenanlagen", "Hafenanlage", "Anlage", "Facility", "Port facilities",
        "Port facility", "UN/LOCODE", "LOCODE",
    ]),
    (Column::CredentialId, &[
        "Toegangsrecht", "Titre d'accès", "Berechtigung", "Credential ID", "Credential", "Toegangsrecht-ID",
        "ID toegangsrecht", "Identifiant du titre d'accès", "ID titre d'accès", "Berechtigungs-ID",
        "Berechtigungsnummer", "Credential number",
    ]),
    (Column::Reason, &[
        "Reden", "Motif", "Grund", "Reason", "Reden van intrekking", "Reden intrekking", "Motif de révocation",
        "Motif du retrait", "Motif de retrait", "Raison", "Sperrgrund", "Entzugsgrund", "Revocation reason",
        "Reason code", "Redencode", "Code motif",
    ]),
    (Column::DocumentKind, &[
        "Soort document", "Type de document", "Art des Dokuments", "Document kind", "Document type",
        "Dokumentart",
    ]),
    (Column::DocumentCountry, &[
        "Land van afgifte", "Pays d'émission", "Ausstellungsland", "Document country", "Issuing country",
        "Country of issue",
    ]),
    (Column::DocumentNumber, &[
        "Documentnummer", "Numéro de document", "Dokumentennummer", "Document number", "Numéro du document",
        "Dokumentnummer",
    ]),
    (Column::Reference, &[
        "Referentie", "Référence", "Aktenzeichen", "Reference number", "Referentienummer", "Numéro de référence",
    ]),
    // Not "Functie" or "Functions" alone: in most files of ports that is what somebody works as.
    (Column::Functions, &[
        "Kritieke functies", "Fonctions critiques", "Kritische Funktionen", "Critical functions",
    ]),
    (Column::WorkerId, &[
        "Werknemer-ID", "ID du travailleur", "Arbeitnehmer-ID", "Worker ID", "Werknemer", "Travailleur",
        "Arbeitnehmer", "Worker",
    ]),
    (Column::ScreeningId, &[
        "Screening-ID", "ID de vérification", "Überprüfungs-ID", "Screening", "Veiligheidsverificatie",
        "Vérification de sécurité", "Sicherheitsüberprüfung",
    ]),
    (Column::Function, &[
        "Functie", "Fonction", "Funktion", "Function", "Kritieke functie", "Fonction critique", "Critical function",
    ]),
    (Column::Advice, &[
        "Advies", "Avis", "Gutachten", "Outcome", "Veiligheidsadvies", "Avis de sécurité", "Uitkomst", "Résultat",
        "Ergebnis", "Advice", "Result",
    ]),
    (Column::Authority, &[
        "Overheid", "Autorité", "Behörde", "Authority", "Instantie", "Autoriteit", "Decided by",
    ]),
    (Column::DecidedOn, &[
        "Datum advies", "Date de l'avis", "Datum des Gutachtens", "Decided on", "Datum kennisgeving",
        "Date de notification", "Notified on", "Date of decision", "Decision date", "Beslissingsdatum",
    ]),
];

/// Headers, folded, that can mean several columns and are therefore refused.
pub(super) const VAGUE: [(&[&str], &[Column]); 5] = [
    (
        &[
            "nummer",
            "nr",
            "numero",
            "no",
            "n",
            "number",
            "num",
            "id",
            "identifiant",
            "identifier",
            "kennung",
        ],
        &[
            Column::StaffNumber,
            Column::CardNumber,
            Column::CredentialId,
            Column::WorkerId,
            Column::ScreeningId,
            Column::DocumentNumber,
        ],
    ),
    (
        &["code"],
        &[
            Column::CardNumber,
            Column::FacilityCode,
            Column::Facilities,
            Column::Reason,
        ],
    ),
    (
        &["datum", "date"],
        &[
            Column::BirthDate,
            Column::ValidFrom,
            Column::ValidUntil,
            Column::DecidedOn,
        ],
    ),
    (
        &[
            "geldigheid",
            "geldig",
            "validite",
            "valable",
            "valide",
            "gultigkeit",
            "gultig",
            "validity",
            "valid",
        ],
        &[Column::ValidFrom, Column::ValidUntil],
    ),
    (
        &["site", "locatie", "standort"],
        &[Column::FacilityCode, Column::Facilities],
    ),
];
