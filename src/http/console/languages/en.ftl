# What the pages say, in English. Each message stands in all four files.

skip-to-content = Skip to the content
language = Language
api = API
accessibility = Accessibility

start-title = Is this card good, here, now?
start-lead = The ports of this network keep one list of screened workers and withdrawn badges. What one port takes away opens no gate in another.
start-integrator-title = Connect a gate or a system
start-integrator = Every operation with what it takes, what it answers, and a sample to copy.
start-try-title = Try the API
start-try = Send a request from your browser and see the answer.

docs-title = The API
docs-lead = Made from the description that this very server gives. What stands in it is in English.
docs-variables = Samples take these variables of their surroundings:
docs-variable-server = the address of the server
docs-variable-token = from POST /oauth/token
docs-variable-key = new for each new request, the same when it is repeated
docs-variable-etag = of the version that is changed
docs-openapi = The description for programs (OpenAPI 3.1)
docs-operations = { $count ->
    [one] One operation
   *[other] { $count } operations
}
docs-back = All of the API
docs-open = Needs no token
docs-parameters = Parameters
docs-name = Name
docs-kind = Holds
docs-meaning = Meaning
docs-needed = needed
docs-body = What is sent
docs-answers = Answers
docs-status = Status
docs-sample = Sample for { $name }
docs-words = One of these words
docs-choices = One of these types
docs-fields = Fields
docs-example = Example

accessibility-title = Accessibility statement
accessibility-aim = These pages aim to meet the Web Content Accessibility Guidelines 2.2 at level AA. They work without scripts, with the keyboard alone, at 400 % and on a screen 320 pixels wide.
accessibility-tested = Each kind of page is tested in every language by a program (axe) before a change to it is taken. Such tests find about half of all barriers; nobody with a disability has tested the pages yet.
accessibility-english = What the API's description says is in English in all languages of the pages.
accessibility-tell = If something keeps you out, tell the operator of this network. They must answer you.
