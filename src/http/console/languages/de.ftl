# Was die Seiten sagen, auf Deutsch. Jede Mitteilung steht in allen vier Dateien.

skip-to-content = Zum Inhalt
language = Sprache
api = API
accessibility = Barrierefreiheit

start-title = Ist diese Karte gültig, hier, jetzt?
start-lead = Die Häfen dieses Netzes führen eine Liste der überprüften Arbeiter und der entzogenen Ausweise. Was ein Hafen entzieht, öffnet in keinem anderen ein Tor.
start-integrator-title = Ein Tor oder System anschließen
start-integrator = Jede Operation mit dem, was sie verlangt und antwortet, und einem Beispiel zum Kopieren.
start-try-title = Die API ausprobieren
start-try = Senden Sie eine Anfrage aus Ihrem Browser und sehen Sie die Antwort.

docs-title = Die API
docs-lead = Aus der Beschreibung gemacht, die dieser Server selbst gibt. Was darin steht, ist Englisch.
docs-variables = Die Beispiele nutzen diese Umgebungsvariablen:
docs-variable-server = die Adresse des Servers
docs-variable-token = von POST /oauth/token
docs-variable-key = neu für jede neue Anfrage, dieselbe bei Wiederholung
docs-variable-etag = der Fassung, die geändert wird
docs-openapi = Die Beschreibung für Programme (OpenAPI 3.1)
docs-operations = { $count ->
    [one] Eine Operation
   *[other] { $count } Operationen
}
docs-back = Die ganze API
docs-open = Kein Token nötig
docs-parameters = Parameter
docs-name = Name
docs-kind = Enthält
docs-meaning = Bedeutung
docs-needed = erforderlich
docs-body = Was gesendet wird
docs-answers = Antworten
docs-status = Status
docs-sample = Beispiel für { $name }
docs-words = Eines dieser Wörter
docs-choices = Einer dieser Typen
docs-fields = Felder
docs-example = Beispiel

accessibility-title = Erklärung zur Barrierefreiheit
accessibility-aim = Diese Seiten sollen die Web Content Accessibility Guidelines 2.2 auf Stufe AA erfüllen. Sie funktionieren ohne Skripte, nur mit der Tastatur, bei 400 % und auf einem 320 Pixel breiten Bildschirm.
accessibility-tested = Jede Art von Seite wird in jeder Sprache von einem Programm (axe) geprüft, bevor eine Änderung übernommen wird. Solche Prüfungen finden etwa die Hälfte aller Hürden; noch niemand mit einer Behinderung hat die Seiten geprüft.
accessibility-english = Was die Beschreibung der API sagt, ist in allen Sprachen der Seiten Englisch.
accessibility-tell = Wenn Sie etwas behindert, sagen Sie es dem Betreiber dieses Netzes. Er muss Ihnen antworten.
