/// Which part of an example's tokens the loss counts.
public enum TrainOn: Sendable, Hashable, CustomStringConvertible {
  /// Every message of the assistant, or the response to a prompt.
  case responses
  /// The assistant's last message only.
  case last
  /// All tokens.
  case everything
  /// All messages of these roles.
  case roles(Set<String>)

  private static let roleNames = ["user", "assistant", "system", "developer", "tool"]

  /// Reads `responses`, `last`, `all`, or roles separated by commas.
  public init(_ text: String) throws {
    switch text {
    case "responses": self = .responses
    case "last": self = .last
    case "all": self = .everything
    default:
      let roles = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard roles.allSatisfy(Self.roleNames.contains) else { throw DatasetError.invalidTrainOn(text) }
      self = .roles(Set(roles))
    }
  }

  public var description: String {
    switch self {
    case .responses: "responses"
    case .last: "last"
    case .everything: "all"
    case .roles(let roles): roles.sorted().joined(separator: ",")
    }
  }
}
