import Datasets
import Recipes
import Testing

@Suite("Words that recipes share with rooms that they don't know")
struct RecipeWordsTests {
  @Test("every template can be named, and no other")
  func templates() {
    #expect(Recipe.Data.Template.allCases.map(\.rawValue) == PromptTemplate.names)
  }
}
