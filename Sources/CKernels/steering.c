#include "steering.h"

#include <math.h>

#include "variants.h"

KERNEL_BODY trimtab_steer_body(float *z, const float *expert, const float *antiexpert,
                               float strength, size_t count, enum InstructionSet set) {
  (void)set;
  for (size_t i = 0; i < count; i++) z[i] = z[i] + strength * (expert[i] - antiexpert[i]);
}

KERNEL(trimtab_steer,
       (float *z, const float *expert, const float *antiexpert, float strength, size_t count),
       z, expert, antiexpert, strength, count)

void trimtab_steer_reference(float *z, const float *expert, const float *antiexpert,
                             float strength, size_t count) {
  for (size_t i = 0; i < count; i++) {
    double offset = (double)expert[i] - antiexpert[i];
    z[i] = (float)(z[i] + strength * offset);
  }
}

KERNEL_BODY trimtab_steer_mapped_body(float *z, const float *expert, const float *antiexpert,
                                      const int32_t *places, float strength, size_t count,
                                      enum InstructionSet set) {
  (void)set;
  for (size_t i = 0; i < count; i++) {
    // Place 0 stands in for one that is lacking, so that the loop has no branch.
    int32_t place = places[i] < 0 ? 0 : places[i];
    float steered = z[i] + strength * (expert[place] - antiexpert[place]);
    z[i] = places[i] < 0 ? -INFINITY : steered;
  }
}

KERNEL(trimtab_steer_mapped,
       (float *z, const float *expert, const float *antiexpert, const int32_t *places,
        float strength, size_t count),
       z, expert, antiexpert, places, strength, count)

void trimtab_steer_mapped_reference(float *z, const float *expert, const float *antiexpert,
                                    const int32_t *places, float strength, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (places[i] < 0) z[i] = -INFINITY;
    else trimtab_steer_reference(z + i, expert + places[i], antiexpert + places[i], strength, 1);
  }
}
