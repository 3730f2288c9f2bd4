import CPCRE2

/// A regular expression over UTF-8, in the dialect of tokenizer.json, compiled to machine code by PCRE2.
final class RegularExpression: @unchecked Sendable {  // compiled code is never written to after init
  private let code: OpaquePointer
  private let isJustInTime: Bool

  /// Compiles a pattern.
  ///
  /// - Throws: `Failure` when PCRE2 doesn't take it.
  init(_ pattern: String) throws(Failure) {
    let translated = try OnigurumaDialect.translate(pattern)
    var errorCode: Int32 = 0
    var errorOffset = 0
    let context = pcre2_compile_context_create_8(nil)
    defer { pcre2_compile_context_free_8(context) }
    pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_LF))
    // Oniguruma's ^ and $ always mean lines.
    let options = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NO_UTF_CHECK
    let bytes = Array(translated.utf8)
    guard
      let code = pcre2_compile_8(bytes, bytes.count, options, &errorCode, &errorOffset, context)
    else {
      throw Failure(pattern: pattern, problem: Self.message(errorCode))
    }
    self.code = code
    isJustInTime = pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE)) == 0
  }

  deinit { pcre2_code_free_8(code) }

  /// A pattern that can't be used, and why.
  struct Failure: Error {
    var pattern: String
    var problem: String
  }

  /// Calls `body` with each match from left to right.
  ///
  /// An empty match directly behind another match is passed over, as in Oniguruma's iteration.
  func forEachMatch(
    in text: Span<UInt8>, using matcher: RegularExpressionMatcher, _ body: (Range<Int>) -> Void
  ) {
    text.withUnsafeBufferPointer { text in
      guard let base = text.baseAddress else { return }
      var start = 0
      var previousEnd = -1
      while start <= text.count, let match = firstMatch(base, text.count, from: start, matcher) {
        if match.isEmpty {
          if match.lowerBound != previousEnd {
            previousEnd = match.upperBound
            body(match)
          }
          start = match.upperBound + 1
          while start < text.count, text[start] & 0xC0 == 0x80 { start += 1 }
        } else {
          body(match)
          start = match.upperBound
          previousEnd = start
        }
      }
    }
  }

  private func firstMatch(
    _ base: UnsafePointer<UInt8>, _ count: Int, from start: Int, _ matcher: RegularExpressionMatcher
  ) -> Range<Int>? {
    var result = PCRE2_ERROR_JIT_STACKLIMIT
    if isJustInTime {
      result = pcre2_jit_match_8(
        code, base, count, start, PCRE2_NO_UTF_CHECK, matcher.data, matcher.context)
    }
    if result == PCRE2_ERROR_JIT_STACKLIMIT {
      // A pathological text: the interpreter backtracks on the heap.
      result = pcre2_match_8(
        code, base, count, start, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, matcher.data, matcher.context)
    }
    guard result >= 0 else { return nil }
    let bounds = pcre2_get_ovector_pointer_8(matcher.data)
    guard let bounds, bounds[0] <= bounds[1] else { return nil }
    return bounds[0]..<bounds[1]
  }

  private static func message(_ code: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = pcre2_get_error_message_8(code, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, Int(count))), as: UTF8.self)
  }
}

/// The memory that PCRE2 needs while matching: one for each thread that matches.
final class RegularExpressionMatcher {
  fileprivate let data: OpaquePointer?
  fileprivate let context: OpaquePointer?
  private let stack: OpaquePointer?

  init() {
    // One pair of offsets: only the whole match is of interest.
    data = pcre2_match_data_create_8(1, nil)
    context = pcre2_match_context_create_8(nil)
    stack = pcre2_jit_stack_create_8(32 << 10, 8 << 20, nil)
    pcre2_jit_stack_assign_8(context, nil, stack.map(UnsafeMutableRawPointer.init))
    pcre2_set_match_limit_8(context, .max)
    pcre2_set_depth_limit_8(context, .max)
    pcre2_set_heap_limit_8(context, .max)
  }

  deinit {
    pcre2_match_data_free_8(data)
    pcre2_match_context_free_8(context)
    pcre2_jit_stack_free_8(stack)
  }
}
