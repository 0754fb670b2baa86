import Diagnostics

/// The description of all that is served, for those who write programs against it.
///
/// Source: OpenAPI Initiative, *OpenAPI Specification*, version 3.1.0, 2021.
enum OpenAPIDocument {
  static let response: HTTPResponse = {
    // It holds no number that JSON has no words for.
    .json(((try? JSONFile.line(document)) ?? "{}") + "\n")
  }()

  static let document: JSONValue = [
    "openapi": "3.1.0",
    "info": [
      "title": "miraged", "version": "1",
      "description": """
      What a sorting line tells, and what may be changed of it. Served to its own machine alone, \
      under the names localhost, 127.0.0.1 and [::1]. Reading is open; whatever changes something \
      needs the token of --token-file.
      """,
    ],
    "servers": [["url": "/"]],
    "paths": .object(paths),
    "components": [
      "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
      "responses": [
        "WrongMethod": text("it is not to be had by this method").merged(
          with: ["headers": ["Allow": ["schema": ["type": "string"]]]]),
        "WrongName": text("asked for under a name that is not this machine's"),
        "TooLong": text("the body is longer than is read"),
        "TooMany": text("more requests than are answered in a second"),
      ],
      "schemas": .object(schemas),
    ],
  ]

  private static let paths: [String: JSONValue] = [
    "/": read("page", "The operator's page", ["200": body("text/html", "the page")]),
    "/live": read("live", "Whether the daemon answers", ["200": text("it does")]),
    "/ready": read(
      "ready", "Whether it has loaded everything and looks at pictures",
      ["200": text("it does"), "503": text("not yet, or no more")]),
    "/fit": read(
      "fit", "Whether it sorts as it should",
      ["200": text("it does"), "503": text("why not, and what to do")]),
    "/metrics": read(
      "metrics", "Figures for Prometheus", ["200": text("its text format 0.0.4")]),
    "/api/state": read(
      "state", "All that is shown of the line at this moment", ["200": json("State")]),
    "/api/view.jpg": read(
      "view", "The belt with what was decided", ["200": picture, "404": text("there is none yet")]),
    "/api/pieces/{piece}.jpg": read(
      "piecePicture", "The picture of one of the last pieces",
      ["200": picture, "404": text("there is none, or no longer")],
      [
        [
          "name": "piece", "in": "path", "required": true, "description": "The piece's number",
          "schema": ["type": "integer", "minimum": 1],
        ]
      ]),
    "/api/recipes": read(
      "recipes", "The recipes, the one that is sorted by, and what became of the last change",
      ["200": json("RecipeBoard")]),
    "/api/recipe": change(
      "changeRecipe", "Sorts by another recipe from the next frame on", "RecipeWish",
      ["404": json("Problem", "there is no such recipe")]),
    "/api/recipe/revert": change(
      "revertRecipe", "Takes the last change back, of recipe or configuration", "RevertWish", [:]),
    "/api/configuration": read(
      "configuration", "The configuration that holds, and what of it can be changed",
      ["200": json("Configuration"), "503": json("Problem", "miraged still starts")]),
    "/api/configuration/apply": change(
      "applyConfiguration", "Sorts by another configuration from the next frame on, or by none",
      "ConfigurationWish", [:]),
    "/api/audit": read(
      "audit", "The newest entries of the audit log",
      ["200": json("AuditExcerpt"), "404": json("Problem", "miraged keeps no audit log")]),
    "/recordings": read(
      "recordingsPage", "The page of recordings", ["200": body("text/html", "the page")]),
    "/api/recordings": read(
      "recordings", "Recordings of events, the newest first",
      [
        "200": json("RecordingBoard"),
        "404": json("Problem", "miraged was started without --recordings"),
      ]),
    "/api/recordings/{recording}/{file}": read(
      "recordingFile", "A picture of a recording, or one of its documents",
      [
        "200": picture.merged(with: [
          "content": [
            "image/jpeg": ["schema": ["type": "string", "contentMediaType": "image/jpeg"]],
            "application/json": ["schema": ["type": "object"]],
          ]
        ]), "404": text("there is none of that name"),
      ],
      [name("recording", "Of 'recordings'"), name("file", "event.json, or a picture")]),
    "/api/recording": change(
      "record", "Records what happens just now, seconds before and after", "RevertWish",
      ["202": json("RecordingTaken", "taken up; it is listed when its seconds are over")]),
    "/shadow": read(
      "shadowPage", "The page of the second opinion", ["200": body("text/html", "the page")]),
    "/api/shadow": read(
      "shadow", "How far another recipe agrees, and the pieces of which it does not",
      ["200": json("Shadow"), "404": json("Problem", "miraged was started without --shadow")]),
    "/api/shadow/{piece}.jpg": read(
      "shadowPicture", "The picture of such a piece",
      ["200": picture, "404": text("there is none, or no longer")],
      [
        [
          "name": "piece", "in": "path", "required": true, "description": "The piece's number",
          "schema": ["type": "integer", "minimum": 1],
        ]
      ]),
    "/api/openapi.json": read(
      "document", "This document",
      ["200": body("application/json", "OpenAPI 3.1", ["type": "object"])]),
  ]

  // MARK: Parts

  private static let everywhere: [String: JSONValue] = [
    "405": ["$ref": "#/components/responses/WrongMethod"],
    "413": ["$ref": "#/components/responses/TooLong"],
    "421": ["$ref": "#/components/responses/WrongName"],
    "429": ["$ref": "#/components/responses/TooMany"],
  ]

  private static func name(_ name: String, _ description: String) -> JSONValue {
    [
      "name": .text(name), "in": "path", "required": true, "description": .text(description),
      "schema": ["type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9.-]+$"],
    ]
  }

  private static let picture = body(
    "image/jpeg", "a picture", ["type": "string", "contentMediaType": "image/jpeg"])

  /// What is only read.
  private static func read(
    _ id: String, _ summary: String, _ responses: [String: JSONValue],
    _ parameters: [JSONValue] = []
  ) -> JSONValue {
    var operation: [String: JSONValue] = [
      "operationId": .text(id), "summary": .text(summary),
      "responses": .object(responses.merging(everywhere) { $1 }),
    ]
    if !parameters.isEmpty { operation["parameters"] = .list(parameters) }
    return ["get": .object(operation)]
  }

  /// What is changed, with the token.
  private static func change(
    _ id: String, _ summary: String, _ wish: String, _ responses: [String: JSONValue]
  ) -> JSONValue {
    let answers: [String: JSONValue] = [
      "202": json("ChangeStatus", "taken up; 'latest' of /api/recipes tells what becomes of it"),
      "400": json("Problem", "the body is not as it should be"),
      "401": json("Problem", "the token is missing, or is another"),
      "403": text("the request comes from another site's page"),
      "409": json("Problem", "it cannot be done now, and why"),
      "415": text("the body is not JSON"),
      "429": [
        "description": "too many changes in a second, or wrong tokens in a minute",
        "content": [
          "text/plain": ["schema": ["type": "string"]],
          "application/json": ["schema": reference("Problem")],
        ],
      ],
      "503": json("Problem", "nothing can be changed, and why"),
    ]
    return [
      "post": [
        "operationId": .text(id), "summary": .text(summary), "security": [["token": []]],
        "requestBody": [
          "required": true, "content": ["application/json": ["schema": reference(wish)]],
        ],
        "responses": .object(everywhere.merging(answers) { $1 }.merging(responses) { $1 }),
      ]
    ]
  }

  private static func body(
    _ type: String, _ description: String, _ schema: JSONValue = ["type": "string"]
  ) -> JSONValue {
    [
      "description": .text(description), "content": .object([type: ["schema": schema]]),
    ]
  }

  private static func text(_ description: String) -> JSONValue { body("text/plain", description) }

  private static func json(_ schema: String, _ description: String? = nil) -> JSONValue {
    body("application/json", description ?? schema, reference(schema))
  }

  static func reference(_ schema: String) -> JSONValue {
    ["$ref": .text("#/components/schemas/\(schema)")]
  }
}
