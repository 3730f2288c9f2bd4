import Datasets

extension PreferenceBatches: TrainingData {}
