# Ce que disent les pages, en français. Chaque message figure dans les quatre fichiers.

skip-to-content = Aller au contenu
language = Langue
api = API
accessibility = Accessibilité

start-title = Cette carte est-elle valable, ici, maintenant ?
start-lead = Les ports de ce réseau tiennent une seule liste des travailleurs contrôlés et des badges retirés. Ce qu'un port retire n'ouvre plus aucune porte dans un autre.
start-integrator-title = Raccorder une porte ou un système
start-integrator = Chaque opération : ce qu'elle prend, ce qu'elle répond et un exemple à copier.
start-try-title = Essayer l'API
start-try = Envoyez une demande depuis votre navigateur et voyez la réponse.

docs-title = L'API
docs-lead = Établie à partir de la description que ce serveur donne lui-même. Son contenu est en anglais.
docs-variables = Les exemples utilisent ces variables d'environnement :
docs-variable-server = l'adresse du serveur
docs-variable-token = de POST /oauth/token
docs-variable-key = nouvelle pour chaque nouvelle demande, la même si elle est répétée
docs-variable-etag = de la version modifiée
docs-openapi = La description pour les programmes (OpenAPI 3.1)
docs-operations = { $count ->
    [one] Une opération
   *[other] { $count } opérations
}
docs-back = Toute l'API
docs-open = Sans jeton
docs-parameters = Paramètres
docs-name = Nom
docs-kind = Contient
docs-meaning = Signification
docs-needed = obligatoire
docs-body = Ce qui est envoyé
docs-answers = Réponses
docs-status = Statut
docs-sample = Exemple pour { $name }
docs-words = Un de ces mots
docs-choices = Un de ces types
docs-fields = Champs
docs-example = Exemple

accessibility-title = Déclaration d'accessibilité
accessibility-aim = Ces pages visent les Web Content Accessibility Guidelines 2.2, niveau AA. Elles fonctionnent sans script, au clavier seul, à 400 % et sur un écran de 320 pixels de large.
accessibility-tested = Chaque type de page est testé dans chaque langue par un programme (axe) avant que toute modification soit reprise. De tels tests trouvent environ la moitié des obstacles ; aucune personne handicapée n'a encore testé les pages.
accessibility-english = Le contenu de la description de l'API est en anglais dans toutes les langues des pages.
accessibility-tell = Si quelque chose vous bloque, dites-le à l'exploitant de ce réseau. Il doit vous répondre.
