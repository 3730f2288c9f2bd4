extension Jinja {
  /// Python's operations on text, by code points.
  enum Text {
    // MARK: - Search

    /// The byte offsets at which `needle` occurs in `text` without overlaps, from the left.
    ///
    /// Knuth-Morris-Pratt, so no text makes it slow. The needle must not be empty.
    static func occurrences(of needle: [UInt8], in text: [UInt8], limit: Int = .max) -> [Int] {
      var fallback = [0]
      var matched = 0
      for index in needle.indices.dropFirst() {
        while matched > 0, needle[index] != needle[matched] { matched = fallback[matched - 1] }
        if needle[index] == needle[matched] { matched += 1 }
        fallback.append(matched)
      }
      var found: [Int] = []
      matched = 0
      for index in text.indices where found.count < limit {
        while matched > 0, text[index] != needle[matched] { matched = fallback[matched - 1] }
        if text[index] == needle[matched] { matched += 1 }
        if matched == needle.count {
          found.append(index + 1 - needle.count)
          matched = 0
        }
      }
      return found
    }

    static func contains(_ needle: String, in text: String) -> Bool {
      needle.isEmpty || !occurrences(of: Array(needle.utf8), in: Array(text.utf8), limit: 1).isEmpty
    }

    /// Replaces the first `limit` occurrences; an empty `old` occurs before every character and at the end.
    static func replace(_ old: String, with new: String, in text: String, limit: Int?) throws(Failure)
      -> String
    {
      let limit = limit.map { $0 < 0 ? .max : $0 } ?? .max
      guard !old.isEmpty else {
        try check(size: (text.unicodeScalars.count + 1).multipliedSaturated(by: new.utf8.count))
        var result = String.UnicodeScalarView()
        var left = limit
        for scalar in text.unicodeScalars {
          if left > 0 { result.append(contentsOf: new.unicodeScalars) }
          left -= 1
          result.append(scalar)
        }
        if left > 0 { result.append(contentsOf: new.unicodeScalars) }
        return String(result)
      }
      let bytes = Array(text.utf8)
      let places = occurrences(of: Array(old.utf8), in: bytes, limit: limit)
      try check(size: bytes.count.addingSaturated(places.count.multipliedSaturated(by: new.utf8.count)))
      var result: [UInt8] = []
      var position = 0
      for place in places {
        result.append(contentsOf: bytes[position..<place])
        result.append(contentsOf: new.utf8)
        position = place + old.utf8.count
      }
      result.append(contentsOf: bytes[position...])
      return String(decoding: result, as: UTF8.self)
    }

    static func check(size: Int) throws(Failure) {
      guard size <= Limit.valueSize else {
        throw Failure(.limit, "a value is larger than \(Limit.valueSize) characters")
      }
    }

    // MARK: - Strip and split

    enum Side { case both, left, right }

    /// The text without the given characters (white space when nil) at its ends.
    static func strip(_ text: String, of characters: String?, at side: Side = .both) -> String {
      let set = characters.map { Set($0.unicodeScalars) }
      func goes(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.isPythonSpace }
      var rest = text.unicodeScalars[...]
      if side != .right { rest = rest.drop(while: goes) }
      if side != .left { while let last = rest.last, goes(last) { rest.removeLast() } }
      return String(rest)
    }

    /// `str.split` and `str.rsplit`: by a separator, or by runs of white space when it is nil.
    static func split(
      _ text: String, by separator: String?, limit: Int?, fromRight: Bool
    ) throws(Failure) -> [String] {
      let limit = limit.map { $0 < 0 ? .max : $0 } ?? .max
      guard let separator else { return splitBySpace(text, limit: limit, fromRight: fromRight) }
      guard !separator.isEmpty else { throw .failed("empty separator") }
      let bytes = Array(text.utf8)
      let needle = Array(separator.utf8)
      var places: [Int]
      if fromRight {
        // Non-overlapping matches from the right are those from the left in the reversed text.
        let mirrored = occurrences(of: needle.reversed(), in: bytes.reversed(), limit: limit)
        places = mirrored.reversed().map { bytes.count - $0 - needle.count }
      } else {
        places = occurrences(of: needle, in: bytes, limit: limit)
      }
      places.append(bytes.count)
      var parts: [String] = []
      var position = 0
      for place in places {
        parts.append(String(decoding: bytes[position..<place], as: UTF8.self))
        position = place + needle.count
      }
      return parts
    }

    private static func splitBySpace(_ text: String, limit: Int, fromRight: Bool) -> [String] {
      var parts: [String] = []
      var rest = text.unicodeScalars[...]
      func trim(_ rest: inout Substring.UnicodeScalarView) {
        if fromRight {
          while let last = rest.last, last.isPythonSpace { rest.removeLast() }
        } else {
          rest = rest.drop(while: \.isPythonSpace)
        }
      }
      trim(&rest)
      while !rest.isEmpty, parts.count < limit {
        if fromRight {
          let start = rest.lastIndex(where: \.isPythonSpace).map(rest.index(after:)) ?? rest.startIndex
          parts.append(String(rest[start...]))
          rest = rest[..<start]
        } else {
          let end = rest.firstIndex(where: \.isPythonSpace) ?? rest.endIndex
          parts.append(String(rest[..<end]))
          rest = rest[end...]
        }
        trim(&rest)
      }
      if !rest.isEmpty { parts.append(strip(String(rest), of: nil, at: fromRight ? .right : .left)) }
      return fromRight ? parts.reversed() : parts
    }

    static func splitLines(_ text: String, keepingEnds: Bool = false) -> [String] {
      var lines: [String] = []
      var line = String.UnicodeScalarView()
      let scalars = Array(text.unicodeScalars)
      var index = 0
      while index < scalars.count {
        let scalar = scalars[index]
        index += 1
        guard scalar.isLineBreak else {
          line.append(scalar)
          continue
        }
        if keepingEnds { line.append(scalar) }
        if scalar == "\r", index < scalars.count, scalars[index] == "\n" {
          if keepingEnds { line.append("\n") }
          index += 1
        }
        lines.append(String(line))
        line = String.UnicodeScalarView()
      }
      if !line.isEmpty { lines.append(String(line)) }
      return lines
    }

    // MARK: - Case

    static func upper(_ text: String) -> String {
      String(scalars: text.unicodeScalars.flatMap { Array($0.properties.uppercaseMapping.unicodeScalars) })
    }

    static func lower(_ text: String) -> String {
      let scalars = Array(text.unicodeScalars)
      return String(scalars: scalars.indices.flatMap { lower(scalars, at: $0) })
    }

    static func capitalize(_ text: String) -> String {
      let scalars = Array(text.unicodeScalars)
      return String(
        scalars: scalars.indices.flatMap { $0 == 0 ? titlecase(scalars[0]) : lower(scalars, at: $0) })
    }

    /// `str.title`: every letter that follows something without case is a title letter.
    static func title(_ text: String) -> String {
      let scalars = Array(text.unicodeScalars)
      var followsCased = false
      return String(
        scalars: scalars.indices.flatMap { index in
          defer { followsCased = scalars[index].isCased }
          return followsCased ? lower(scalars, at: index) : titlecase(scalars[index])
        })
    }

    static func swapCase(_ text: String) -> String {
      let scalars = Array(text.unicodeScalars)
      return String(
        scalars: scalars.indices.flatMap { index in
          if scalars[index].properties.isUppercase { return lower(scalars, at: index) }
          return scalars[index].properties.isLowercase
            ? Array(scalars[index].properties.uppercaseMapping.unicodeScalars) : [scalars[index]]
        })
    }

    private static func titlecase(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
      Array(scalar.properties.titlecaseMapping.unicodeScalars)
    }

    /// The lower case of one character; a capital sigma at the end of a word becomes a final sigma.
    private static func lower(_ scalars: [Unicode.Scalar], at index: Int) -> [Unicode.Scalar] {
      guard scalars[index] == "\u{3A3}" else {
        return Array(scalars[index].properties.lowercaseMapping.unicodeScalars)
      }
      let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
      let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
      let isFinal = before?.properties.isCased == true && after?.properties.isCased != true
      return [isFinal ? "\u{3C2}" : "\u{3C3}"]
    }

    // MARK: - Padding

    static func pad(_ text: String, to width: Int, with fill: Unicode.Scalar, at side: Side) throws(Failure)
      -> String
    {
      let missing = width.subtractingReportingOverflow(text.unicodeScalars.count).partialValue
      guard width > 0, missing > 0 else { return text }
      try check(size: missing.multipliedSaturated(by: 4))
      func run(_ count: Int) -> String { String(scalars: repeatElement(fill, count: count)) }
      switch side {
      case .left: return run(missing) + text
      case .right: return text + run(missing)
      case .both:
        // CPython's rule for the odd blank: it goes left when the width is odd.
        let left = missing / 2 + (missing & width & 1)
        return run(left) + text + run(missing - left)
      }
    }
  }
}

extension Int {
  /// The product, or the greatest integer where it would overflow.
  func multipliedSaturated(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
