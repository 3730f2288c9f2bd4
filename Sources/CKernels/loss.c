#include "loss.h"

#include <math.h>
#include <string.h>

#include "elementary.h"
#include "largest.h"
#include "variants.h"

// MARK: - Softmax

/// Σ e^(z - maximum), and with `keep` z becomes e^(z - maximum). Sums of at most 4096 terms are taken in float32,
/// the sums of these in double.
static inline __attribute__((always_inline)) double exponential_sum(float *z, float maximum, size_t count,
                                                                    bool keep) {
  double total = 0;
  for (size_t first = 0; first < count; first += 4096) {
    SUMS_IN_LANES
    size_t end = first + 4096 < count ? first + 4096 : count;
    float sum = 0;
    if (keep) {
      for (size_t i = first; i < end; i++) sum += z[i] = exponential(z[i] - maximum);
    } else {
      for (size_t i = first; i < end; i++) sum += exponential(z[i] - maximum);
    }
    total += sum;
  }
  return total;
}

static double log_sum_reference(const float *z, size_t count) {
  double maximum = -INFINITY, sum = 0;
  for (size_t i = 0; i < count; i++) maximum = fmax(maximum, z[i]);
  for (size_t i = 0; i < count; i++) sum += exp(z[i] - maximum);
  return maximum + log(sum);
}

KERNEL_BODY trimtab_log_softmax_body(float *logits, size_t rows, size_t columns, enum InstructionSet set) {
  (void)set;
  for (size_t row = 0; row < rows; row++, logits += columns) {
    float maximum = largest(logits, columns);
    float log_sum = maximum + (float)log(exponential_sum(logits, maximum, columns, false));
    for (size_t i = 0; i < columns; i++) logits[i] -= log_sum;
  }
}

KERNEL(trimtab_log_softmax, (float *logits, size_t rows, size_t columns), logits, rows, columns)

void trimtab_log_softmax_reference(float *logits, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row++, logits += columns) {
    double log_sum = log_sum_reference(logits, columns);
    for (size_t i = 0; i < columns; i++) logits[i] = (float)(logits[i] - log_sum);
  }
}

// MARK: - Cross-entropy

KERNEL_BODY trimtab_cross_entropy_body(float *logits, const uint32_t *targets, const float *weights,
                                       double *losses, float *log_probabilities, size_t rows, size_t vocabulary,
                                       bool gradient, enum InstructionSet set) {
  (void)set;
  for (size_t row = 0; row < rows; row++, logits += vocabulary) {
    float maximum = largest(logits, vocabulary);
    bool wanted = gradient && weights[row] != 0;
    float target = logits[targets[row]] - maximum;
    double sum = exponential_sum(logits, maximum, vocabulary, wanted);
    double log_probability = target - log(sum);
    log_probabilities[row] = (float)log_probability;
    losses[row] = weights[row] == 0 ? 0 : -(double)weights[row] * log_probability;
    if (wanted) {
      float scale = (float)(weights[row] / sum);
      for (size_t i = 0; i < vocabulary; i++) logits[i] *= scale;
      logits[targets[row]] -= weights[row];
    } else if (gradient) {
      memset(logits, 0, vocabulary * sizeof *logits);
    }
  }
}

KERNEL(trimtab_cross_entropy,
       (float *logits, const uint32_t *targets, const float *weights, double *losses, float *log_probabilities,
        size_t rows, size_t vocabulary, bool gradient),
       logits, targets, weights, losses, log_probabilities, rows, vocabulary, gradient)

void trimtab_cross_entropy_reference(float *logits, const uint32_t *targets, const float *weights, double *losses,
                                     float *log_probabilities, size_t rows, size_t vocabulary, bool gradient) {
  for (size_t row = 0; row < rows; row++, logits += vocabulary) {
    double log_sum = log_sum_reference(logits, vocabulary), weight = weights[row];
    double log_probability = logits[targets[row]] - log_sum;
    log_probabilities[row] = (float)log_probability;
    losses[row] = weight == 0 ? 0 : -weight * log_probability;
    for (size_t i = 0; gradient && i < vocabulary; i++)
      logits[i] = (float)(weight * (exp(logits[i] - log_sum) - (i == targets[row] ? 1 : 0)));
  }
}

// MARK: - Distillation

KERNEL_BODY trimtab_distillation_body(float *restrict logits, const float *restrict base, const uint32_t *targets,
                                      const float *weights, float temperature, float share, double *losses,
                                      double *divergences, float *log_probabilities, size_t rows,
                                      size_t vocabulary, bool gradient, enum InstructionSet set) {
  (void)set;
  float inverse = 1 / temperature;
  for (size_t row = 0; row < rows; row++, logits += vocabulary, base += vocabulary) {
    float top = largest(logits, vocabulary), base_top = largest(base, vocabulary);
    float target = logits[targets[row]] - top;
    double plain = 0, warm = 0, base_warm = 0, cross = 0;
    for (size_t first = 0; first < vocabulary; first += 4096) {
      SUMS_IN_LANES
      size_t end = first + 4096 < vocabulary ? first + 4096 : vocabulary;
      float plain_part = 0, warm_part = 0, base_part = 0, cross_part = 0;
      for (size_t i = first; i < end; i++) {
        float z = logits[i] - top, b = base[i] - base_top;
        float p = exponential(b * inverse);
        plain_part += exponential(z);
        warm_part += exponential(z * inverse);
        base_part += p;
        cross_part += p * (b - z);
      }
      plain += plain_part;
      warm += warm_part;
      base_warm += base_part;
      cross += cross_part;
    }
    double weight = weights[row], log_probability = target - log(plain);
    double divergence = cross * inverse / base_warm - log(base_warm) + log(warm);
    divergences[row] = divergence;
    log_probabilities[row] = (float)log_probability;
    losses[row] = weight * ((1 - share) * temperature * temperature * divergence - share * log_probability);
    if (!gradient) continue;
    float of_warm = (float)(weight * (1 - share) * temperature / warm);
    float of_base = (float)(weight * (1 - share) * temperature / base_warm);
    float of_plain = (float)(weight * share / plain);
    for (size_t i = 0; i < vocabulary; i++) {
      float z = logits[i] - top, b = base[i] - base_top;
      logits[i] = of_warm * exponential(z * inverse) - of_base * exponential(b * inverse) + of_plain * exponential(z);
    }
    logits[targets[row]] -= (float)(weight * share);
  }
}

KERNEL(trimtab_distillation,
       (float *logits, const float *base, const uint32_t *targets, const float *weights, float temperature,
        float share, double *losses, double *divergences, float *log_probabilities, size_t rows, size_t vocabulary,
        bool gradient),
       logits, base, targets, weights, temperature, share, losses, divergences, log_probabilities, rows, vocabulary,
       gradient)

void trimtab_distillation_reference(float *logits, const float *base, const uint32_t *targets, const float *weights,
                                    float temperature, float share, double *losses, double *divergences,
                                    float *log_probabilities, size_t rows, size_t vocabulary, bool gradient) {
  for (size_t row = 0; row < rows; row++, logits += vocabulary, base += vocabulary) {
    double log_sum = log_sum_reference(logits, vocabulary), weight = weights[row], t = temperature;
    double warm = 0, base_warm = 0, divergence = 0;
    for (size_t i = 0; i < vocabulary; i++) {
      warm += exp((logits[i] - log_sum) / t);
      base_warm += exp((base[i] - log_sum) / t);
    }
    for (size_t i = 0; i < vocabulary; i++) {
      double log_p = (base[i] - log_sum) / t - log(base_warm), log_q = (logits[i] - log_sum) / t - log(warm);
      divergence += exp(log_p) * (log_p - log_q);
    }
    double log_probability = logits[targets[row]] - log_sum;
    divergences[row] = divergence;
    log_probabilities[row] = (float)log_probability;
    losses[row] = weight * ((1 - share) * t * t * divergence - share * log_probability);
    for (size_t i = 0; gradient && i < vocabulary; i++) {
      double p = exp((base[i] - log_sum) / t) / base_warm, q = exp((logits[i] - log_sum) / t) / warm;
      double s = exp(logits[i] - log_sum) - (i == targets[row] ? 1 : 0);
      logits[i] = (float)(weight * ((1 - share) * t * (q - p) + share * s));
    }
  }
}

// MARK: - Soft cap

KERNEL_BODY trimtab_soft_cap_body(float *logits, size_t count, float cap, enum InstructionSet set) {
  (void)set;
  float inverse = 1 / cap;
  for (size_t i = 0; i < count; i++) logits[i] = cap * hyperbolic_tangent(logits[i] * inverse);
}

KERNEL(trimtab_soft_cap, (float *logits, size_t count, float cap), logits, count, cap)

void trimtab_soft_cap_reference(float *logits, size_t count, float cap) {
  for (size_t i = 0; i < count; i++) logits[i] = (float)(cap * tanh((double)logits[i] / cap));
}

KERNEL_BODY trimtab_soft_cap_backward_body(float *restrict gradient, const float *restrict capped, size_t count,
                                           float cap, enum InstructionSet set) {
  (void)set;
  float inverse = 1 / cap;
  for (size_t i = 0; i < count; i++) {
    float t = capped[i] * inverse;
    gradient[i] *= 1 - t * t;
  }
}

KERNEL(trimtab_soft_cap_backward, (float *gradient, const float *capped, size_t count, float cap), gradient,
       capped, count, cap)

void trimtab_soft_cap_backward_reference(float *gradient, const float *capped, size_t count, float cap) {
  for (size_t i = 0; i < count; i++) {
    double t = (double)capped[i] / cap;
    gradient[i] = (float)(gradient[i] * (1 - t * t));
  }
}
