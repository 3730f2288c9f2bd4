import Testing

@testable import Datasets

/// Files that people really have, as they are.
@Suite struct RealDataTests {
  static let files: [(format: String, files: [String], rows: Int, skipped: Int)] = [
    ("gsm8k", ["gsm8k/train.jsonl"], 7473, 0),
    ("mbpp", ["mbpp/mbpp.jsonl"], 974, 0),
    ("humaneval", ["mxeval/mbswp_release_v1.jsonl"], 966, 0),
    ("triviaqa", ["webquestions/val.json"], 755, 0),
    ("realtimeqa", ["realtimeqa/20220617_qa.jsonl", "realtimeqa/20231222_qa.jsonl"], 58, 0),
    ("alpaca", ["alpaca-52k/alpaca_data-0-3252.json", "alpaca-52k/alpaca_data-3252-6382.json"], 6378, 4),
    ("alpaca", ["llamafactory-demo/alpaca_en_demo.json", "llamafactory-demo/identity.json"], 1090, 0),
    ("sharegpt", ["llamafactory-demo/glaive_toolcall_en_demo.json"], 300, 0),
    ("messages", ["llamafactory-demo/v1_sft_demo.jsonl", "llamafactory-demo/kto_en_demo.json"], 800, 0),
    ("preference", ["llamafactory-demo/dpo_en_demo.json", "llamafactory-demo/v1_dpo_demo.jsonl"], 310, 0),
    ("text", ["llamafactory-demo/c4_demo.jsonl", "llamafactory-demo/wiki_demo.txt"], 301, 0),
    ("text", ["mlx-lora-sample/train.jsonl", "mlx-lora-sample/valid.jsonl"], 1100, 0),
  ]

  @Test(arguments: files)
  func filesAreImported(_ format: String, _ files: [String], _ rows: Int, _ skipped: Int) throws {
    let inputs = files.compactMap { Shared.path("data/\($0)") }
    guard inputs.count == files.count else { return }
    let folder = try TemporaryFolder()
    var options = ImportOptions(format: format)
    options.skipsBadRecords = skipped > 0
    let report = try DatasetImport.run(inputs: inputs, output: "\(folder.path)/x.h5", options: options)
    #expect(report.rowCounts.reduce(0) { $0 + $1.rows } == rows)
    #expect(report.skippedCount == skipped)
    #expect(try Dataset(path: "\(folder.path)/x.h5").rowCount(split: "train") == rows)
  }
}
