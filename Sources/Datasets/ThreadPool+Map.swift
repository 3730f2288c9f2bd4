import Tensors

extension ThreadPool {
  /// What `transform` makes of every element, in their order; the threads take a few elements at a time.
  func map<Element, Result>(_ elements: [Element], _ transform: (Element) -> Result) -> [Result] {
    [Result](unsafeUninitializedCapacity: elements.count) { results, count in
      nonisolated(unsafe) let results = results
      forEachRange(of: elements.count, length: 16) { range in
        for index in range { results.initializeElement(at: index, to: transform(elements[index])) }
      }
      count = elements.count
    }
  }
}
