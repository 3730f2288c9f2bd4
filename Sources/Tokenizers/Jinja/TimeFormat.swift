import Foundation

extension Jinja {
  /// `strftime` in the C locale, for `strftime_now`.
  struct TimeFormat {
    var date: Date
    var timeZone: TimeZone

    private static let weekdays = [
      "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]
    private static let months = [
      "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
      "November", "December",
    ]

    func text(_ format: String) throws(Failure) -> String {
      var result = String.UnicodeScalarView()
      var rest = format.unicodeScalars[...]
      while let scalar = rest.popFirst() {
        guard scalar == "%" else {
          result.append(scalar)
          continue
        }
        // glibc's "%-d": without padding.
        let isUnpadded = rest.first == "-"
        if isUnpadded { rest.removeFirst() }
        guard let code = rest.popFirst() else { throw .failed("the time format ends in '%'") }
        var field = try self.field(code)
        if isUnpadded {
          guard field.count > 1, field.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw .unsupported("'%-\(code)' in time formats")
          }
          field = String(Int(field) ?? 0)
        }
        result.append(contentsOf: field.unicodeScalars)
      }
      return String(result)
    }

    private func field(_ code: Unicode.Scalar) throws(Failure) -> String {
      var calendar = Calendar(identifier: .gregorian)
      calendar.timeZone = timeZone
      let parts = calendar.dateComponents(
        [.year, .month, .day, .hour, .minute, .second, .weekday], from: date)
      let year = parts.year ?? 0
      let month = (parts.month ?? 1) - 1
      let hour = parts.hour ?? 0
      let weekday = (parts.weekday ?? 1) - 1
      func padded(_ value: Int, _ width: Int = 2) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
      }
      switch code {
      case "Y": return String(year)
      case "y": return padded(year % 100)
      case "m": return padded(month + 1)
      case "d": return padded(parts.day ?? 0)
      case "e":
        let day = String(parts.day ?? 0)
        return day.count == 1 ? " " + day : day
      case "B": return Self.months[month]
      case "b", "h": return String(Self.months[month].prefix(3))
      case "A": return Self.weekdays[weekday]
      case "a": return String(Self.weekdays[weekday].prefix(3))
      case "w": return String(weekday)
      case "u": return String(weekday == 0 ? 7 : weekday)
      case "j": return padded(calendar.ordinality(of: .day, in: .year, for: date) ?? 0, 3)
      case "H": return padded(hour)
      case "I": return padded((hour + 11) % 12 + 1)
      case "M": return padded(parts.minute ?? 0)
      case "S": return padded(parts.second ?? 0)
      case "p": return hour < 12 ? "AM" : "PM"
      // Python's local time has no zone of its own.
      case "Z", "z": return ""
      case "F": return try text("%Y-%m-%d")
      case "D", "x": return try text("%m/%d/%y")
      case "T", "X": return try text("%H:%M:%S")
      case "R": return try text("%H:%M")
      case "c": return try text("%a %b %e %H:%M:%S %Y")
      case "n": return "\n"
      case "t": return "\t"
      case "%": return "%"
      default: throw .unsupported("'%\(code)' in time formats")
      }
    }
  }
}
