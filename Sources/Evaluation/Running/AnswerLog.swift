import Formats
import Foundation

/// The answers of a comparison as they come: a file of JSON lines that is only ever added to.
///
/// An interrupted run reads it and goes on. A line holds no time of day and no duration, so that equal runs leave equal
/// files.
public final class AnswerLog {
  /// Which answer a line holds.
  struct Key: Hashable {
    let task: String
    let system: String
    let row: Int
  }

  public let path: String
  private let file: AppendedFile
  private var known: [Key: AnsweredRow] = [:]

  /// Opens the log, or begins one; a last line that was torn is dropped.
  ///
  /// - Throws: `EvaluationError.damagedLog` for another line that isn't an answer; `FormatsError`.
  public init(path: String) throws {
    self.path = path
    try Folder.create((path as NSString).deletingLastPathComponent)
    file = try AppendedFile(path: path)
    try AppendedFile.dropTornLine(path)
    for line in try JSONLines(path: path) {
      guard let json = try? line.json(), let (key, row) = Self.read(json) else {
        throw EvaluationError.damagedLog(path: path, line: line.number)
      }
      known[key] = row
    }
  }

  /// The answer that a system has given already.
  func row(_ row: Int, task: Fingerprint, system: String) -> AnsweredRow? {
    known[Key(task: "\(task)", system: system, row: row)]
  }

  /// Adds answers; when this returns they are on the disk.
  func append(
    _ rows: [AnsweredRow], task: any EvaluationTask, fingerprint: Fingerprint, system: EvaluatedSystem
  ) throws {
    var lines = ""
    for row in rows {
      let key = Key(task: "\(fingerprint)", system: system.fingerprint, row: row.row)
      precondition(known[key] == nil, "a row is answered once")
      known[key] = row
      lines += row.json(task: task, key: key, systemName: system.name).text() + "\n"
    }
    try file.append(Array(lines.utf8))
    try file.synchronize()
  }

  private static func read(_ json: JSON) -> (Key, AnsweredRow)? {
    guard let task = json["task_fingerprint"]?.stringValue, let number = json["row"]?.intValue,
      let system = json["system_fingerprint"]?.stringValue, let row = AnsweredRow(json: json, row: number)
    else { return nil }
    return (Key(task: task, system: system, row: number), row)
  }
}

extension AnsweredRow {
  /// A line of the log: readable on its own.
  func json(task: any EvaluationTask, key: AnswerLog.Key, systemName: String) -> JSON {
    var object: JSONObject = [
      "task": .string(task.name), "system": .string(systemName), "row": .integer(row),
      // What can't be said has no number in JSON.
      "score": grade.score.isFinite ? .number(grade.score) : .null,
      "answer": grade.answer.map { .string($0) } ?? .null,
      "reference": .string(task.reference(row)), "weight": .number(grade.weight),
    ]
    if !grade.measures.isEmpty {
      object["measures"] = .object(
        JSONObject(grade.measures.sorted { $0.key < $1.key }.map { ($0.key, .number($0.value)) }))
    }
    switch response {
    case .texts(let texts):
      object["texts"] = .array(
        texts.map { text in
          var object: JSONObject = [
            "text": .string(text.text), "tokens": .integer(text.tokenCount),
            "complete": .bool(text.isComplete),
          ]
          if let changed = text.changedTokens { object["changed"] = .integer(changed) }
          return .object(object)
        })
    case .likelihoods(let likelihoods):
      object["likelihoods"] = .array(
        likelihoods.map {
          .object([
            "logprob": $0.logProbability.isFinite ? .number($0.logProbability) : .null,
            "tokens": .integer($0.tokenCount), "bytes": .integer($0.byteCount),
          ])
        })
    case .tooLong(let tokens, let limit):
      object["too_long"] = .object(["tokens": .integer(tokens), "limit": .integer(limit)])
    }
    object["task_fingerprint"] = .string(key.task)
    object["system_fingerprint"] = .string(key.system)
    return .object(object)
  }

  /// Reads a line back; nil where something is missing.
  init?(json: JSON, row: Int) {
    guard let found = json["score"], let score = found.isNull ? Double.infinity : found.doubleValue,
      let weight = json["weight"]?.doubleValue,
      let answer = json["answer"]
    else { return nil }
    var measures: [String: Double] = [:]
    if let list = json["measures"]?.objectValue {
      for (name, value) in list { measures[name] = value.doubleValue }
    }
    let response: Response
    if let texts = json["texts"]?.arrayValue {
      response = .texts(
        texts.map {
          GeneratedText(
            $0["text"]?.stringValue ?? "", tokenCount: $0["tokens"]?.intValue ?? 0,
            isComplete: $0["complete"]?.boolValue ?? false, changedTokens: $0["changed"]?.intValue)
        })
    } else if let likelihoods = json["likelihoods"]?.arrayValue {
      response = .likelihoods(
        likelihoods.map {
          Likelihood(
            logProbability: $0["logprob"]?.doubleValue ?? -.infinity, tokenCount: $0["tokens"]?.intValue ?? 0,
            byteCount: $0["bytes"]?.intValue ?? 0)
        })
    } else if let tokens = json["too_long"]?["tokens"]?.intValue,
      let limit = json["too_long"]?["limit"]?.intValue
    {
      response = .tooLong(tokens: tokens, limit: limit)
    } else {
      return nil
    }
    self.init(
      row: row, response: response,
      grade: Grade(score, answer: answer.stringValue, weight: weight, measures: measures))
  }
}
