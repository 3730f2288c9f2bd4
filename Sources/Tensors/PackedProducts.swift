import CKernels

/// The three products of a linear layer with bfloat16 factors and float32 sums, by kernels that keep tiles of the
/// result in registers.
///
/// Weights of any served type are decoded to bfloat16 and packed tile by tile, each about as large as a core's own
/// cache, so that quantised ones stay so in memory; activations are read where they lie. Every element is summed
/// in the order of the depth, however a product is cut, so the number of threads may have a say in that.
struct PackedProducts: Sendable {
  typealias Element = UInt16

  let variant: trimtab_packed_variant
  private let scratch = Scratch()
  /// How much packed memory a tile should take, so that it stays in a core's own cache.
  private static let cachedBytes = 1 << 19
  /// Rows of results that a packed left factor is cut into: whole blocks of every variant.
  private static let leftRows = 96
  /// Depth that a packed left factor is cut into.
  private static let leftDepth = 2048
  /// Elements of a weight's row that are decoded at once: whole blocks of every type.
  private static let decodedLength = 256

  init(variant: trimtab_packed_variant = trimtab_packed_best()) { self.variant = variant }

  /// `y (+)= x · Wᵀ`: x [rows, in], weight [out, in], y [rows, out]; x and y float32 or bfloat16.
  func multiply(
    _ x: Tensor, transposed weight: Tensor, into y: Tensor, adding: Bool, with compute: Compute
  ) {
    let (rows, input, output) = (x.rows, weight.columns, weight.rows)
    precondition(x.columns == input && y.rows == rows && y.columns == output)
    let left = leftRows(x, with: compute)
    compute.run { pool in
      let panelLength = (input + 1) / 2 * Self.pairsPerRow
      let columnLimit = Self.cachedBytes / 2 / panelLength * Self.panelColumns
      let grid = TileCut(
        rows: rows, columns: output, columnLimit: min(256, columnLimit), columnStep: Self.panelColumns,
        threads: pool.threads)
      pool.forEachTile(grid.count) { tile in
        let (rows, columns) = grid[tile]
        scratch.withElements(Self.panelCount(columns.count) * panelLength, of: Element.self) { panels in
          packTransposed(weight, rows: columns, panelLength: panelLength, into: panels)
          multiply(
            rows: rows.count, columns: columns.count, depth: input, left: factor(left, row: rows.lowerBound),
            panels: panels, panelLength: panelLength,
            into: result(y, row: rows.lowerBound, column: columns.lowerBound, adding: adding))
        }
      }
    }
  }

  /// `dx (+)= dy · W`: dy [rows, out], weight [out, in], dx [rows, in]; dy and dx float32 or bfloat16.
  func multiply(_ dy: Tensor, _ weight: Tensor, into dx: Tensor, adding: Bool, with compute: Compute) {
    let (rows, input, output) = (dy.rows, weight.columns, weight.rows)
    precondition(dy.columns == output && dx.rows == rows && dx.columns == input)
    let left = leftRows(dy, with: compute)
    compute.run { pool in
      // Columns end where blocks of the weight do.
      let step = max(Self.panelColumns, weight.elementType.blockLength)
      let columnLimit = max(step, min(256, Self.cachedBytes / 2 / (output + 1) / step * step))
      let grid = TileCut(
        rows: rows, columns: input, columnLimit: columnLimit, columnStep: step, threads: pool.threads)
      // By the limit, not by the cut: pieces are rounded apart, and the number of threads has a say in the cut.
      let depthLimit = (Self.cachedBytes / 2 / columnLimit + 31) / 32 * 32
      pool.forEachTile(grid.count) { tile in
        let (rows, columns) = grid[tile]
        let target = result(dx, row: rows.lowerBound, column: columns.lowerBound, adding: adding)
        withSums(of: target, rows: rows.count, columns: columns.count, inPieces: output > depthLimit) {
          sums in
          for start in stride(from: 0, to: output, by: depthLimit) {
            let outputs = start..<min(output, start + depthLimit)
            let panelLength = (outputs.count + 1) / 2 * Self.pairsPerRow
            var piece = sums
            piece.adding = sums.adding || start > 0
            scratch.withElements(Self.panelCount(columns.count) * panelLength, of: Element.self) { panels in
              pack(weight, rows: outputs, columns: columns, panelLength: panelLength, into: panels)
              multiply(
                rows: rows.count, columns: columns.count, depth: outputs.count,
                left: factor(left, row: rows.lowerBound, column: start), panels: panels,
                panelLength: panelLength, into: piece)
            }
          }
        }
      }
    }
  }

  /// `dW (+)= dyᵀ · x`: dy [rows, out], x [rows, in], dW [out, in]; dy and x float32 or bfloat16, dW float32.
  func multiply(
    transposed dy: Tensor, _ x: Tensor, into dW: Tensor, adding: Bool, with compute: Compute
  ) {
    let (rows, input, output) = (x.rows, x.columns, dy.columns)
    precondition(dy.rows == rows && dW.rows == output && dW.columns == input)
    let (gradient, activation) = (encoded(dy, with: compute), encoded(x, with: compute))
    let panelLength = (rows + 1) / 2 * Self.pairsPerRow
    let packed = compute.arena.tensor(
      "packed activations", [Self.panelCount(input), panelLength], elementType: .bfloat16, for: .workspace)
    compute.run { pool in
      let (gradient, activation, panels) = (elements(gradient), elements(activation), elements(packed))
      pool.forEachRange(of: input, length: 4 * Self.panelColumns) { columns in
        trimtab_pack_panels(
          activation + columns.lowerBound, input, columns.count, rows,
          panels + columns.lowerBound / Self.panelColumns * panelLength, panelLength)
      }
      let grid = TileCut(
        rows: output, columns: input, rowLimit: Self.leftRows, columnLimit: input,
        columnStep: Self.panelColumns, threads: pool.threads)
      let bytes = trimtab_packed_left_bytes(variant, min(output, Self.leftRows), min(rows, Self.leftDepth))
      pool.forEachTile(grid.count) { tile in
        let (outputs, inputs) = grid[tile]
        scratch.withElements(bytes, of: UInt8.self) { memory in
          for start in stride(from: 0, to: rows, by: Self.leftDepth) {
            let depth = min(rows - start, Self.leftDepth)
            let left = trimtab_pack_left(
              variant, gradient + start * output + outputs.lowerBound, output, outputs.count, depth, memory)
            let first =
              panels + inputs.lowerBound / Self.panelColumns * panelLength + start / 2 * Self.pairsPerRow
            trimtab_multiply_packed(
              variant, outputs.count, inputs.count, depth, left, first, panelLength,
              result(
                dW, row: outputs.lowerBound, column: inputs.lowerBound, adding: adding || start > 0), true)
          }
        }
      }
    }
  }

  // MARK: - Factors

  /// A left factor as it lies in memory: bfloat16, row-major, from row to row `stride` elements.
  private struct LeftRows {
    let tensor: Tensor
    let stride: Int
  }

  private static let panelColumns = Int(TRIMTAB_PANEL_COLUMNS)
  /// Elements of a panel's row.
  private static let pairsPerRow = 2 * panelColumns

  private static func panelCount(_ columns: Int) -> Int { (columns + panelColumns - 1) / panelColumns }

  private func elements(_ tensor: Tensor) -> UnsafeMutablePointer<Element> {
    tensor.bytes.assumingMemoryBound(to: Element.self)
  }

  private func factor(_ left: LeftRows, row: Int, column: Int = 0) -> trimtab_left_factor {
    trimtab_left_rows(variant, elements(left.tensor) + row * left.stride + column, left.stride)
  }

  private func result(_ tensor: Tensor, row: Int, column: Int, adding: Bool) -> trimtab_product_result {
    let offset = row * tensor.rowBytes + tensor.elementType.byteCount(elements: column)
    precondition(tensor.elementType == .float32 || tensor.elementType == .bfloat16)
    return trimtab_product_result(
      elements: tensor.bytes + offset, row_stride: tensor.columns,
      is_bfloat16: tensor.elementType == .bfloat16, adding: adding)
  }

  private func multiply(
    rows: Int, columns: Int, depth: Int, left: trimtab_left_factor, panels: UnsafePointer<Element>,
    panelLength: Int, into result: trimtab_product_result
  ) {
    trimtab_multiply_packed(variant, rows, columns, depth, left, panels, panelLength, result, false)
  }

  /// Activations as a left factor; rows of odd length are copied, for they are read in pairs.
  private func leftRows(_ tensor: Tensor, with compute: Compute) -> LeftRows {
    let columns = tensor.columns
    if columns % 2 == 0 { return LeftRows(tensor: encoded(tensor, with: compute), stride: columns) }
    let copy = compute.arena.tensor(
      "padded factor", [tensor.rows, columns + 1], elementType: .bfloat16, for: .workspace)
    compute.run { pool in
      let destination = elements(copy)
      pool.forEachTile(tensor.rows) { row in
        let to = destination + row * (columns + 1)
        trimtab_dequantize_to_bfloat16(tensor.storage, tensor.bytes + row * tensor.rowBytes, to, columns)
        to[columns] = 0
      }
    }
    return LeftRows(tensor: copy, stride: columns + 1)
  }

  /// Activations in bfloat16: themselves, or a converted copy.
  private func encoded(_ tensor: Tensor, with compute: Compute) -> Tensor {
    if tensor.elementType == .bfloat16 { return tensor }
    let copy = compute.arena.tensor("factor", tensor.shape, elementType: .bfloat16, for: .workspace)
    compute.dequantize(tensor, into: copy)
    return copy
  }

  /// Packs rows of a weight as the columns of a right factor.
  private func packTransposed(
    _ weight: Tensor, rows: Range<Int>, panelLength: Int, into panels: UnsafeMutablePointer<Element>
  ) {
    let input = weight.columns
    for (index, first) in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.panelColumns)
      .enumerated()
    {
      let count = min(Self.panelColumns, rows.upperBound - first)
      let panel = panels + index * panelLength
      if weight.elementType == .bfloat16 {
        trimtab_pack_panel_transposed(elements(weight) + first * input, input, count, input, panel)
        continue
      }
      withUnsafeTemporaryAllocation(of: Element.self, capacity: Self.panelColumns * Self.decodedLength) {
        decoded in
        guard let decoded = decoded.baseAddress else { return }
        for start in stride(from: 0, to: input, by: Self.decodedLength) {
          let length = min(Self.decodedLength, input - start)
          for row in 0..<count {
            decode(weight, row: first + row, column: start, length, into: decoded + row * Self.decodedLength)
          }
          trimtab_pack_panel_transposed(
            decoded, Self.decodedLength, count, length, panel + start / 2 * Self.pairsPerRow)
        }
      }
    }
  }

  /// Packs part of a weight as a right factor whose depth goes along the weight's rows.
  private func pack(
    _ weight: Tensor, rows: Range<Int>, columns: Range<Int>, panelLength: Int,
    into panels: UnsafeMutablePointer<Element>
  ) {
    if weight.elementType == .bfloat16 {
      let first = elements(weight) + rows.lowerBound * weight.columns + columns.lowerBound
      trimtab_pack_panels(first, weight.columns, columns.count, rows.count, panels, panelLength)
      return
    }
    // An even number of rows, which together stay in the nearest cache.
    let height = max(2, (1 << 13) / columns.count / 2 * 2)
    withUnsafeTemporaryAllocation(of: Element.self, capacity: height * columns.count) { decoded in
      guard let decoded = decoded.baseAddress else { return }
      for start in stride(from: 0, to: rows.count, by: height) {
        let count = min(height, rows.count - start)
        for row in 0..<count {
          decode(
            weight, row: rows.lowerBound + start + row, column: columns.lowerBound, columns.count,
            into: decoded + row * columns.count)
        }
        trimtab_pack_panels(
          decoded, columns.count, columns.count, count, panels + start / 2 * Self.pairsPerRow, panelLength)
      }
    }
  }

  private func decode(
    _ weight: Tensor, row: Int, column: Int, _ count: Int, into destination: UnsafeMutablePointer<Element>
  ) {
    let offset = row * weight.rowBytes + weight.elementType.byteCount(elements: column)
    trimtab_dequantize_to_bfloat16(weight.storage, weight.bytes + offset, destination, count)
  }

  /// Runs `body` with where sums may be gathered piece by piece: the result itself, or float32 memory that is
  /// rounded to it in the end.
  private func withSums(
    of result: trimtab_product_result, rows: Int, columns: Int, inPieces: Bool,
    _ body: (trimtab_product_result) -> Void
  ) {
    guard inPieces, result.is_bfloat16 else { return body(result) }
    let elements = result.elements.assumingMemoryBound(to: Element.self)
    scratch.withElements(rows * columns, of: Float.self) { sums in
      for row in 0..<(result.adding ? rows : 0) {
        trimtab_bfloat16_to_float32(elements + row * result.row_stride, sums + row * columns, columns)
      }
      body(
        trimtab_product_result(
          elements: sums, row_stride: columns, is_bfloat16: false, adding: result.adding))
      for row in 0..<rows {
        trimtab_float32_to_bfloat16(sums + row * columns, elements + row * result.row_stride, columns)
      }
    }
  }
}
