# Wat de pagina's zeggen, in het Nederlands. Elke boodschap staat in alle vier de bestanden.

skip-to-content = Naar de inhoud
language = Taal
api = API
accessibility = Toegankelijkheid

start-title = Is deze kaart goed, hier, nu?
start-lead = De havens van dit netwerk houden één lijst bij van gescreende werknemers en ingetrokken badges. Wat de ene haven afneemt, opent geen poort in een andere.
start-integrator-title = Een poort of systeem aansluiten
start-integrator = Elke bewerking met wat ze vraagt, wat ze antwoordt en een voorbeeld om te kopiëren.
start-try-title = De API uitproberen
start-try = Stuur een vraag vanuit uw browser en bekijk het antwoord.

docs-title = De API
docs-lead = Gemaakt uit de beschrijving die deze server zelf geeft. Wat erin staat, is in het Engels.
docs-variables = De voorbeelden gebruiken deze omgevingsvariabelen:
docs-variable-server = het adres van de server
docs-variable-token = van POST /oauth/token
docs-variable-key = nieuw voor elke nieuwe vraag, dezelfde bij herhaling
docs-variable-etag = van de versie die u wijzigt
docs-openapi = De beschrijving voor programma's (OpenAPI 3.1)
docs-operations = { $count ->
    [one] Eén bewerking
   *[other] { $count } bewerkingen
}
docs-back = De hele API
docs-open = Geen token nodig
docs-parameters = Parameters
docs-name = Naam
docs-kind = Bevat
docs-meaning = Betekenis
docs-needed = verplicht
docs-body = Wat u stuurt
docs-answers = Antwoorden
docs-status = Status
docs-sample = Voorbeeld voor { $name }
docs-words = Een van deze woorden
docs-choices = Een van deze types
docs-fields = Velden
docs-example = Voorbeeld

accessibility-title = Toegankelijkheidsverklaring
accessibility-aim = Deze pagina's willen voldoen aan de Web Content Accessibility Guidelines 2.2, niveau AA. Ze werken zonder scripts, met alleen het toetsenbord, bij 400 % en op een scherm van 320 pixels breed.
accessibility-tested = Elk soort pagina wordt in elke taal door een programma (axe) getest voordat een wijziging wordt overgenomen. Zulke tests vinden ongeveer de helft van alle drempels; nog niemand met een handicap heeft de pagina's getest.
accessibility-english = Wat de beschrijving van de API zegt, is in alle talen van de pagina's in het Engels.
accessibility-tell = Houdt iets u tegen? Meld het aan de beheerder van dit netwerk. Die moet u antwoorden.
