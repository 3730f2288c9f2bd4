#include "optimizer.h"

#include <math.h>

#include "variants.h"

KERNEL_BODY trimtab_adamw_step_body(float *restrict p, float *restrict m, float *restrict v,
                                    const float *restrict gradients, size_t count, float gradient_scale,
                                    trimtab_adamw s, enum InstructionSet set) {
  (void)set;
  double correction1 = 1 - pow(s.beta1, (double)s.step), correction2 = 1 - pow(s.beta2, (double)s.step);
  float keep = (float)(1 - s.learning_rate * s.weight_decay);
  float rate = (float)(s.learning_rate / correction1), root = (float)sqrt(correction2);
  float new1 = (float)(1 - s.beta1), old2 = (float)s.beta2, new2 = (float)(1 - s.beta2);
  float epsilon = (float)s.epsilon;
  for (size_t i = 0; i < count; i++) {
    float g = gradients[i] * gradient_scale;
    m[i] += (g - m[i]) * new1;
    v[i] = v[i] * old2 + new2 * g * g;
    p[i] = p[i] * keep - rate * (m[i] / (sqrtf(v[i]) / root + epsilon));
  }
}

KERNEL(trimtab_adamw_step,
       (float *parameters, float *first_moments, float *second_moments, const float *gradients, size_t count,
        float gradient_scale, trimtab_adamw settings),
       parameters, first_moments, second_moments, gradients, count, gradient_scale, settings)

void trimtab_adamw_step_reference(float *p, float *m, float *v, const float *gradients, size_t count,
                                  float gradient_scale, trimtab_adamw s) {
  double correction1 = 1 - pow(s.beta1, (double)s.step), correction2 = 1 - pow(s.beta2, (double)s.step);
  for (size_t i = 0; i < count; i++) {
    double g = (double)gradients[i] * gradient_scale;
    double first = m[i] + (g - m[i]) * (1 - s.beta1);
    double second = v[i] * s.beta2 + (1 - s.beta2) * g * g;
    double decayed = p[i] * (1 - s.learning_rate * s.weight_decay);
    p[i] = (float)(decayed - s.learning_rate / correction1 * first / (sqrt(second / correction2) + s.epsilon));
    m[i] = (float)first;
    v[i] = (float)second;
  }
}

KERNEL_BODY trimtab_squared_sum_body(double *sum, const float *x, size_t count, enum InstructionSet set) {
  SUMS_IN_LANES
  (void)set;
  double total = 0;
  for (size_t i = 0; i < count; i++) total += (double)x[i] * x[i];
  *sum = total;
}

KERNEL(trimtab_squared_sum, (double *sum, const float *x, size_t count), sum, x, count)

void trimtab_squared_sum_reference(double *sum, const float *x, size_t count) {
  double total = 0;
  for (size_t i = 0; i < count; i++) total += (double)x[i] * x[i];
  *sum = total;
}
