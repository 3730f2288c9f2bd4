import Formats
import Testing

@testable import Datasets

@Suite struct ImporterTests {
  /// A record of each format, and the columns that it becomes.
  static let rows: [(format: String, record: JSON, columns: [String: String])] = [
    (
      "alpaca", ["instruction": "Add.", "input": "1 2", "output": "3"],
      [
        "messages":
          #"[{"role":"user","content":"Add.\n\n1 2"},{"role":"assistant","content":"3"}]"#
      ]
    ),
    (
      "alpaca",
      ["system": "Be brief.", "history": [["a", "b"]], "instruction": "c", "input": "", "output": "d"],
      [
        "messages":
          #"[{"role":"system","content":"Be brief."},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"},{"role":"assistant","content":"d"}]"#
      ]
    ),
    (
      "sharegpt",
      [
        "conversations": [
          ["from": "human", "value": "time?"],
          ["from": "function_call", "value": #"{"name":"clock","arguments":{"zone":"UTC"}}"#],
          ["from": "observation", "value": "noon"], ["from": "gpt", "value": "Noon."],
        ], "tools": #"[ {"name": "clock"} ]"#,
      ],
      [
        "messages":
          #"[{"role":"user","content":"time?"},{"role":"assistant","content":"","tool_calls":[{"type":"function","function":{"name":"clock","arguments":{"zone":"UTC"}}}]},{"role":"tool","content":"noon"},{"role":"assistant","content":"Noon."}]"#,
        "tools": #"[{"name":"clock"}]"#,
      ]
    ),
    (
      "messages",
      [
        "messages": [
          ["role": "user", "content": [["type": "text", "text": "a"], ["type": "text", "value": "b"]]],
          ["role": "assistant", "content": "c", "loss_weight": 0.0], ["role": "user", "content": "d"],
          ["role": "assistant", "content": "e", "loss_weight": 1.0],
        ], "id": 7,
      ],
      [
        "messages":
          #"[{"role":"user","content":"ab"},{"role":"assistant","content":"c","train":false},{"role":"user","content":"d"},{"role":"assistant","content":"e"}]"#,
        "id": "7",
      ]
    ),
    (
      "messages",
      [
        "system": "Be brief.",
        "messages": [["role": "user", "content": "a"], ["role": "assistant", "content": "b"]],
      ],
      [
        "messages":
          #"[{"role":"system","content":"Be brief."},{"role":"user","content":"a"},{"role":"assistant","content":"b"}]"#
      ]
    ),
    ("prompt-response", ["prompt": "p", "completion": "r"], ["prompt": "p", "response": "r"]),
    (
      "text", ["text": "once", "url": "u", "text_length": 4],
      ["document": "once", "url": "u", "text_length": "4"]
    ),
    (
      "gsm8k", ["question": "q", "answer": "2*600=<<2*600=1200>>1200\n#### 1,200"],
      ["prompt": "q", "response": "2*600=<<2*600=1200>>1200\n#### 1,200", "answer": "1200"]
    ),
    (
      "mbpp",
      [
        "text": "Double it.", "code": "import re\r\ndef helper(): pass\r\ndef twice(n):\r\n  return 2 * n",
        "test_list": ["assert set([twice(2)]) == {4}"], "test_setup_code": "x = 1", "task_id": 3,
      ],
      [
        "prompt": "Double it.\nYour code should satisfy these tests:\n\nassert set([twice(2)]) == {4}\n",
        "response": "import re\ndef helper(): pass\ndef twice(n):\n  return 2 * n",
        "tests": "x = 1\nassert set([twice(2)]) == {4}", "entry_point": "twice", "task_id": "3",
      ]
    ),
    (
      // The sanitized edition.
      "mbpp",
      [
        "prompt": "Root it.", "code": "def root(n):\n  return n ** 0.5",
        "test_imports": ["import math", "import re"], "test_list": ["assert root(4) == math.sqrt(4)"],
      ],
      [
        "prompt": "Root it.\nYour code should satisfy these tests:\n\nassert root(4) == math.sqrt(4)\n",
        "response": "def root(n):\n  return n ** 0.5", "entry_point": "root",
        "tests": "import math\nimport re\nassert root(4) == math.sqrt(4)",
      ]
    ),
    (
      "humaneval",
      [
        "task_id": "HumanEval/0", "prompt": "def one():\n", "entry_point": "one",
        "canonical_solution": "    return 1\n",
        "test": "def check(candidate):\n    assert candidate() == 1\n",
      ],
      [
        "prompt": "def one():\n", "response": "    return 1\n", "entry_point": "one",
        "tests": "def check(candidate):\n    assert candidate() == 1\n", "task_id": "HumanEval/0",
      ]
    ),
    (
      "humaneval",
      [
        "prompt": "func one() -> Int {\n", "entry_point": "one", "test": "assert(one() == 1)",
        "language": "swift",
        "canonical_solution": nil,
      ],
      [
        "prompt": "func one() -> Int {\n", "response": "", "entry_point": "one",
        "tests": "assert(one() == 1)",
        "language": "swift",
      ]
    ),
    (
      "triviaqa",
      [
        "question": "Who?",
        "answer": ["value": "The Beatles", "aliases": ["Beatles", "The Beatles", "Fab Four"]],
      ],
      [
        "prompt": "Who?", "response": "The Beatles", "answer": "The Beatles",
        "aliases": #"["The Beatles","Beatles","Fab Four"]"#,
      ]
    ),
    (
      "triviaqa", ["qId": "wqr000008", "answers": ["United Kingdom"], "qText": "where did saki live?"],
      [
        "prompt": "where did saki live?", "response": "United Kingdom", "answer": "United Kingdom",
        "aliases": #"["United Kingdom"]"#, "qId": "wqr000008",
      ]
    ),
    (
      "realtimeqa",
      ["question_sentence": "Which?", "choices": ["a", "b", "c", "d"], "answer": ["1"], "evidence": "news"],
      [
        "prompt": "Which?", "response": "b", "answer": "b", "choices": #"["a","b","c","d"]"#,
        "evidence": "news",
      ]
    ),
    (
      "realtimeqa", ["question": "Which?", "choices": ["10", "20"], "answer": "B"],
      ["prompt": "Which?", "response": "20", "answer": "20", "choices": #"["10","20"]"#]
    ),
    (
      // The text, not the index, which may be another choice's text.
      "realtimeqa", ["question_sentence": "Which?", "choices": ["1", "2", "3", "4"], "answer": ["1"]],
      ["prompt": "Which?", "response": "2", "answer": "2", "choices": #"["1","2","3","4"]"#]
    ),
    (
      // In other files a text that is a choice is that one.
      "realtimeqa", ["question": "Which?", "choices": ["4", "3", "2"], "answer": "2"],
      ["prompt": "Which?", "response": "2", "answer": "2", "choices": #"["4","3","2"]"#]
    ),
    (
      "realtimeqa", ["question": "Which?", "choices": ["4", "3", "2"], "answer": 2],
      ["prompt": "Which?", "response": "2", "answer": "2", "choices": #"["4","3","2"]"#]
    ),
    (
      "realtimeqa", ["question": "Which?", "choices": ["a", "b"], "answer": "1"],
      ["prompt": "Which?", "response": "b", "answer": "b", "choices": #"["a","b"]"#]
    ),
    (
      "truthfulqa",
      [
        "Question": "Why?", "Best Answer": "b", "Correct Answers": "c; b", "Incorrect Answers": "x; y ;z",
      ],
      [
        "prompt": "Why?", "response": "b", "best_answer": "b", "correct_answers": #"["c","b"]"#,
        "incorrect_answers": #"["x","y","z"]"#,
      ]
    ),
    (
      "preference", ["prompt": "p", "chosen": "good", "rejected": "bad", "score_chosen": 4.5],
      ["prompt": "p", "chosen": "good", "rejected": "bad", "score_chosen": "4.5"]
    ),
    (
      "preference",
      [
        "chosen": [["role": "user", "content": "p"], ["role": "assistant", "content": "good"]],
        "rejected": [["role": "user", "content": "p"], ["role": "assistant", "content": "bad"]],
      ], ["prompt": "p", "chosen": "good", "rejected": "bad"]
    ),
    (
      "preference",
      [
        "conversations": [["from": "system", "value": "s"], ["from": "human", "value": "p"]],
        "chosen": ["from": "gpt", "value": "good"], "rejected": ["from": "gpt", "value": "bad"],
      ],
      [
        "prompt": #"[{"role":"system","content":"s"},{"role":"user","content":"p"}]"#, "chosen": "good",
        "rejected": "bad",
      ]
    ),
    (
      "preference", ["instruction": "Add.", "input": "1 2", "chosen": "3", "rejected": "4"],
      ["prompt": "Add.\n\n1 2", "chosen": "3", "rejected": "4"]
    ),
    (
      "preference",
      [
        "system": "s", "question": "p", "chosen": [["role": "assistant", "content": "good"]],
        "rejected": [["role": "user", "content": "p"], ["role": "assistant", "content": "bad"]],
      ],
      [
        "prompt": #"[{"role":"system","content":"s"},{"role":"user","content":"p"}]"#, "chosen": "good",
        "rejected": "bad",
      ]
    ),
  ]

  @Test(arguments: rows)
  func recordsBecomeRows(_ format: String, _ record: JSON, _ columns: [String: String]) throws {
    let folder = try TemporaryFolder()
    let input = try folder.file("in.jsonl", record.text() + "\n")
    _ = try DatasetImport.run(inputs: [input], output: "\(folder.path)/x.h5", options: .init(format: format))
    let dataset = try Dataset(path: "\(folder.path)/x.h5")
    let row = try #require(try dataset.rows(split: "train").first)
    #expect(Dictionary(uniqueKeysWithValues: row.columnNames.map { ($0, row[$0] ?? "") }) == columns)
    #expect(try dataset.kind == Importers.named(format).kind)
  }

  /// A record that is refused, and what is said about it.
  static let problems: [(format: String, line: String, says: String)] = [
    (
      "alpaca", #"{"instruction": "a", "input": ""}"#,
      #"in.jsonl:2: there is no field "output"; its fields are "instruction", "input""#
    ),
    ("alpaca", #"{"instruction": "a", "output": "  \n"}"#, #":2: the field "output" is empty"#),
    (
      "alpaca", #"{"instruction": ["a"], "output": "b"}"#,
      #"the field "instruction" is a list, and a text is needed"#
    ),
    (
      "alpaca", #"{"instruction": "a", "output": "b", "history": [["c"]]}"#,
      #"entry 0 of "history" is no pair of texts"#
    ),
    ("alpaca", #"["a"]"#, "a record is an object, and this is a list"),
    (
      "alpaca", #"{"instruction": "a", "output": "b"#,
      ":2:32: not JSON: the string that starts here has no closing quote"
    ),
    ("sharegpt", #"{"conversations": "hi"}"#, "the messages are a text, and a list is needed"),
    (
      "sharegpt", #"{"conversations": [{"from": "humann", "value": "a"}]}"#,
      #"message 0: there is no role "humann"; did you mean human?"#
    ),
    ("messages", #"{"messages": [{"role": "user", "content": "a"}]}"#, "no message by the assistant"),
    (
      "messages", #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": ""}]}"#,
      "message 1: the assistant's message is empty"
    ),
    (
      "messages", #"{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}"#,
      "a part that is no text"
    ),
    ("messages", #"{"messages": [{"content": "a"}]}"#, #"message 0: it has no "role""#),
    (
      "messages", "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\"}], \"tools\": \"{\"}",
      #"the field "tools" holds a text that is no JSON"#
    ),
    (
      "prompt-response", #"{"prompt": "a\u0000b", "response": "c"}"#,
      #"the column "prompt" has a NUL character"#
    ),
    ("prompt-response", #"{"prompt": "a", "response": null}"#, #"the field "response" is null"#),
    ("prompt-response", #"{"prompt": "a"}"#, #"there is no field "response" or "completion""#),
    ("gsm8k", #"{"question": "a", "answer": "b"}"#, "the answer has no \"####\""),
    ("gsm8k", ##"{"question": "a", "answer": "b #### "}"##, "the answer has nothing after \"####\""),
    ("mbpp", #"{"text": "a", "code": "b", "test_list": [1]}"#, #""test_list" is no list of texts"#),
    ("humaneval", #"{"prompt": "a", "entry_point": "b"}"#, #"there is no field "test""#),
    ("triviaqa", #"{"question": "a"}"#, #"there is no field "answer""#),
    ("triviaqa", #"{"question": "a", "answer": [" "]}"#, "the answer says nothing"),
    (
      "realtimeqa", #"{"question": "a", "choices": ["b", "c"], "answer": ["2"]}"#,
      "is not one of its choices"
    ),
    ("realtimeqa", #"{"question": "a", "choices": ["b"], "answer": 0}"#, "no list of two texts"),
    ("truthfulqa", #"{"question": "a", "best_answer": "b"}"#, #"there is no field "incorrect_answers""#),
    ("preference", #"{"prompt": "a", "chosen": "b"}"#, #"there is no field "rejected""#),
    ("preference", #"{"chosen": "b", "rejected": "c"}"#, #"there is no field "prompt""#),
    (
      "preference",
      #"{"prompt":"p","chosen":"a","rejected":[{"from":"user","value":"q"},{"from":"gpt","value":"b"}]}"#,
      #"the field "rejected" answers another prompt"#
    ),
    (
      "preference", #"{"prompt": "a", "chosen": 1, "rejected": "c"}"#,
      #"the field "chosen" is a number, and a text or messages are needed"#
    ),
  ]

  @Test(arguments: problems)
  func badRecordsAreRefusedWithTheirLine(_ format: String, _ line: String, _ says: String) throws {
    let folder = try TemporaryFolder()
    let input = try folder.file("in.jsonl", "\n\(line)\n")
    let output = "\(folder.path)/x.h5"
    let text = message {
      _ = try DatasetImport.run(inputs: [input], output: output, options: .init(format: format))
    }
    #expect(text.contains(says))
    #expect(text.contains("--skip-bad"))
    #expect(message { _ = try Dataset(path: output) }.contains("no such file"))
  }

  @Test func mappedNamesAreLookedUpWhereTheyAreMappedTo() throws {
    let folder = try TemporaryFolder()
    let input = try folder.file("in.json", #"[{"q": "2+2", "prompt": "left", "a": {"texts": ["4"]}}]"#)
    var options = ImportOptions(format: "prompt-response")
    options.mapping = ["prompt": "q", "response": "a.texts.0"]
    _ = try DatasetImport.run(inputs: [input], output: "\(folder.path)/x.h5", options: options)
    let row = try #require(try Dataset(path: "\(folder.path)/x.h5").rows(split: "train").first)
    #expect(row["prompt"] == "2+2" && row["response"] == "4" && row["original_prompt"] == "left")
  }

  @Test(arguments: [
    ("promt=q", "has no column \"promt\"; did you mean prompt?"),
    ("q", "\"q\" is no mapping; write column=field"),
    ("=q", "is no mapping"), ("prompt=", "is no mapping"),
  ])
  func badMappingsAreRefused(_ text: String, _ says: String) throws {
    let text = message {
      let (column, field) = try ImportOptions.mapping(text)
      var options = ImportOptions(format: "prompt-response")
      options.mapping = [column: field]
      _ = try DatasetImport.run(inputs: [], output: "/nowhere/x.h5", options: options)
    }
    #expect(text.contains(says))
  }

  @Test func anUnknownFormatSuggestsTheNearest() {
    let text = message {
      _ = try DatasetImport.run(inputs: [], output: "x.h5", options: .init(format: "alpacca"))
    }
    #expect(text == #"there is no format "alpacca"; did you mean alpaca?"#)
  }
}
