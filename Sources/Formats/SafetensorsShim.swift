import Tensors
public struct SafetensorsFile: TensorArchive {
  public let path: String; public let tensors: [String: StoredTensor]
  public init(path: String) throws {
    self.path = path
    let f = try MappedFile(path: path)
    let n = Int(f.bytes.loadUnaligned(as: UInt64.self))
    let j = try JSON.parse(Array(f.bytes[8..<8+n]), source: path)
    var t: [String: StoredTensor] = [:]
    for (k, v) in j.objectValue! where k != "__metadata__" {
      let o = v["data_offsets"]!.arrayValue!.map { $0.intValue! + 8 + n }
      let ty: [String: ElementType] = ["F32": .float32, "BF16": .bfloat16, "F16": .float16]
      t[k] = StoredTensor(name: k, elementType: ty[v["dtype"]!.stringValue!]!, shape: v["shape"]!.arrayValue!.map { $0.intValue! }, file: f, byteRange: o[0]..<o[1])
    }
    tensors = t
  }
}
public struct SafetensorsFolder: TensorArchive {
  public let path: String; public let tensors: [String: StoredTensor]
  public init(path: String) throws {
    self.path = path
    if let i = try? JSON(contentsOf: path + "/model.safetensors.index.json") {
      var t: [String: StoredTensor] = [:]
      for f in Set(i["weight_map"]!.objectValue!.values.map { $0.stringValue! }) { t.merge(try SafetensorsFile(path: path + "/" + f).tensors) { $1 } }
      tensors = t
    } else { tensors = try SafetensorsFile(path: path + "/model.safetensors").tensors }
  }
}
public enum SafetensorsWriter {
  public static func writeFolder(_ t: [OutgoingTensor], metadata: [String: String], to: String) throws {}
  public static func write(_ t: [OutgoingTensor], metadata: [String: String], to: String) throws {}
}
