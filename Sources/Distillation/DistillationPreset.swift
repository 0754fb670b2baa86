extension DistillationSettings {
  /// Settings of published methods, by the name that an experiment gives them.
  ///
  /// All differ from the papers in that unlabelled pairs take part in step 3.
  public enum Preset: String, Codable, Sendable, CaseIterable {
    /// The four steps as published, but the hint is a mean and its weight a ratio of gradients, so
    /// that it does not change with the size of batch and features.
    case garcia2018 = "garcia-2018"
    /// As published to the last constant: the hint is a sum, with λ₃ = 0.01.
    case garcia2018Sum = "garcia-2018-sum"
    /// The weights of the authors' later code: CE + T² soft + 0.01 hint.
    case garcia2020 = "garcia-2020"

    /// The settings: a paper's weights divided by that of its labels' term, which is 1 here.
    ///
    /// λ₁ / (1 − λ₁) is then the weight of the soft term, (1 − λ₂) λ₃ / (λ₂ (1 − λ₁)) = 0.02 that
    /// of the hint.
    ///
    /// Source: Garcia, Morerio, Murino, *Modality Distillation with Multiple Stream Networks for
    /// Action Recognition*, ECCV 2018, arXiv:1806.07110, and its authors' code, with T = 10,
    /// λ₁ = λ₂ = 0.5, λ₃ = 0.01; *Learning with Privileged Information via Adversarial
    /// Discriminative Modality Distillation*, PAMI 2020, arXiv:1810.08437, its authors' code.
    var settings: DistillationSettings {
      var settings = DistillationSettings()
      settings.preset = self
      settings.teacher = .spectral
      settings.soft = .published
      settings.temperature = 10
      settings.softWeight = 1
      settings.hint = .logistic
      settings.start = .spectral
      settings.keepsHint = false
      settings.keepsTeacher = false
      switch self {
      case .garcia2018: break
      case .garcia2018Sum:
        settings.hintReduction = .sum
        settings.hintWeight = 0.02
      case .garcia2020:
        settings.soft = .hinton
        settings.hintReduction = .sum
        settings.hintWeight = 0.01
      }
      return settings
    }
  }
}
