extension OpenAPIDocument {
  static let schemas: [String: JSONValue] = [
    "Problem": object(["problem": string]),
    "RecipeWish": closed([
      "recipe": line(ChangeWish.whyLimit), "who": line(ChangeWish.whoLimit),
      "why": line(ChangeWish.whyLimit),
    ]),
    "ConfigurationWish": closed([
      "configuration": [
        "type": "string", "minLength": 1, "maxLength": .whole(ChangeWish.whyLimit),
        "pattern": "^[0-9A-Za-z_]([-0-9A-Za-z_. ]*[0-9A-Za-z_])?$",
      ], "who": line(ChangeWish.whoLimit), "why": line(ChangeWish.whyLimit),
    ]),
    "Configuration": object(
      ["settings": ["type": "object", "additionalProperties": string], "live": list(string)],
      ["file": string, "folder": string, "digest": digest]),
    "RevertWish": closed([
      "who": line(ChangeWish.whoLimit), "why": line(ChangeWish.whyLimit),
    ]),
    "ChangeStatus": object(
      [
        "number": count, "isRevert": flag, "who": string, "why": string,
        "progress": choice(ChangeStatus.Progress.allCases.map(\.rawValue)),
      ], ["recipe": string, "configuration": string, "problem": string]),
    "RecipeCard": object(
      [
        "name": string, "note": string, "bundle": string, "ejected": list(string),
        "thresholds": ["type": "object", "additionalProperties": number],
      ],
      [
        "energyLimit": number, "coverage": number, "views": count, "minimumViews": count,
        "problem": string, "settings": ["type": "object", "additionalProperties": string],
      ]),
    "RecipeRow": object([
      "card": reference("RecipeCard"), "isInForce": flag, "changes": list(string),
    ]),
    "RecipeBoard": object(
      ["recipes": list(reference("RecipeRow"))],
      [
        "inForce": string, "former": reference("RecipeRow"), "latest": reference("ChangeStatus"),
        "closed": string,
      ]),
    "AuditEntry": object(
      [
        "number": count, "at": ["type": "string", "format": "date-time"],
        "event": choice(AuditEntry.Event.allCases.map(\.rawValue)),
        "facts": ["type": "object", "additionalProperties": string], "previous": digest,
      ], ["who": string, "why": string]),
    "AuditExcerpt": object(["entries": list(reference("AuditEntry")), "last": digest]),
    "RecordingTaken": object(["recording": flag]),
    "Recording": object(
      [
        "name": string, "at": ["type": "string", "format": "date-time"],
        "reasons": list(
          object([
            "kind": choice(["alarm", "late", "uncertain", "asked"]), "text": string, "at": number,
          ])), "secondsBefore": number, "secondsAfter": number, "frames": whole,
        "framesMissed": whole, "pieces": whole, "bytes": whole, "isCut": flag,
      ], ["picture": string]),
    "RecordingBoard": object(
      [
        "folder": string, "secondsBefore": number, "secondsAfter": number, "isRecording": flag,
        "bytes": whole, "framesInMemory": whole, "bytesInMemory": whole, "framesMissed": whole,
        "recordings": list(reference("Recording")),
      ], ["trouble": reference("Reason")]),
    "Opinion": object([
      "class": string, "likeliest": string, "confidence": number, "isEjected": flag,
    ]),
    "Shadow": object(
      [
        "recipe": string, "agreed": whole, "disagreed": whole, "skipped": whole,
        "pairs": list(object(["live": string, "shadow": string, "pieces": count])),
        "disagreements": list(
          object([
            "piece": count, "live": reference("Opinion"), "shadow": reference("Opinion"),
            "views": whole, "squareMillimeters": number,
          ])),
      ], ["trouble": reference("Reason")]),
    "Reason": object(["id": string, "problem": string, "remedy": string, "isUnfit": flag]),
    "Facts": object(
      [
        "change": whole, "bundle": string, "source": string, "stages": list(string),
        "warnings": list(reference("Reason")),
        "classes": list(
          object(["name": string, "color": string, "threshold": number, "isEjected": flag])),
      ], ["recipe": string, "configuration": string]),
    "Piece": object(
      [
        "piece": count, "change": whole, "class": string, "likeliest": string,
        "confidence": number, "probabilities": list(number), "energy": number, "views": whole,
        "isEjected": flag, "isLate": flag, "squareMillimeters": number,
        "acrossMillimeters": number, "exposedAt": number, "decidedAt": number,
      ], ["deadline": number, "slackMilliseconds": number]),
    "Minute": object(
      ["pieces": whole, "framesPerSecond": number, "late": whole],
      [
        "slackLeastMilliseconds": number, "slackMedianMilliseconds": number,
        "slackLeastMillimeters": number, "slackMedianMillimeters": number,
        "frameMilliseconds": number,
      ]),
    "State": object(
      [
        "state": choice(VisionState.allCases.map(\.rawValue)), "word": string,
        "sentence": string, "isFit": flag, "alarms": list(reference("Reason")),
        "formerFacts": list(reference("Facts")), "seconds": number,
        "frames": object(["decided": whole, "late": whole, "dropped": whole, "lost": whole]),
        "piecesDecided": whole, "piecesLost": whole, "blastsFired": whole, "blastsLate": whole,
        "minute": reference("Minute"),
        "composition": list(
          object([
            "class": string, "pieces": whole, "share": number, "low": number, "high": number,
          ])), "pieces": list(reference("Piece")),
      ],
      [
        "facts": reference("Facts"), "ageSeconds": number, "beltMillimetersPerSecond": number,
        "valves": ["type": "object"],
        "overload": object(
          ["rung": choice(OverloadRung.allCases.map(\.rawValue)), "steps": whole],
          ["coming": choice(OverloadRung.allCases.map(\.rawValue))]),
        "camera": object(["isStreaming": flag, "reason": string, "reconnects": whole]),
      ]),
  ]

  private static let string: JSONValue = ["type": "string"]
  private static let number: JSONValue = ["type": "number"]
  private static let whole: JSONValue = ["type": "integer", "minimum": 0]
  private static let count: JSONValue = ["type": "integer", "minimum": 1]
  private static let flag: JSONValue = ["type": "boolean"]
  private static let digest: JSONValue = ["type": "string", "pattern": "^[0-9a-f]{64}$"]

  private static func list(_ items: JSONValue) -> JSONValue { ["type": "array", "items": items] }

  private static func choice(_ values: [String]) -> JSONValue {
    ["type": "string", "enum": .list(values.map { .text($0) })]
  }

  /// A text of one line without spaces around it.
  private static func line(_ limit: Int) -> JSONValue {
    [
      "type": "string", "minLength": 1, "maxLength": .whole(limit),
      "pattern": "^[!-~]([ -~]*[!-~])?$",
    ]
  }

  /// An object that has `required`, may have `optional`, and may have more in times to come.
  private static func object(
    _ required: [String: JSONValue], _ optional: [String: JSONValue] = [:]
  ) -> JSONValue {
    [
      "type": "object", "properties": .object(required.merging(optional) { $1 }),
      "required": .list(required.keys.sorted().map { .text($0) }),
    ]
  }

  /// An object that has these keys and no other.
  private static func closed(_ required: [String: JSONValue]) -> JSONValue {
    object(required).merged(with: ["additionalProperties": false])
  }
}
