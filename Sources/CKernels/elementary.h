#pragma once
// Elementary functions without branches or calls, so that loops over them vectorise.

#include <math.h>
#include <stdint.h>
#include <string.h>

/// eˣ within 2 ULP; 0 below -87.3, and above 88 no more than e⁸⁸, so that it is always finite.
static inline float exponential(float x) {
  float above = x < -87.33f ? -87.33f : x, within = above > 88 ? 88 : above;
  float n = rintf(within * 1.44269504f);
  // x - n ln 2 in two parts, so that nothing is lost in the cancellation.
  float r = within - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1;
  uint32_t bits = (uint32_t)((int32_t)n + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return x < -87.33f ? 0 : p * power;
}

/// log x within 2 ULP, for x normal and over 0.
static inline float logarithm(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  // x = 2ⁿ · m with m between √½ and √2.
  int32_t n = (int32_t)(bits - 0x3f3504f3U) >> 23;
  uint32_t scaled = bits - ((uint32_t)n << 23);
  float m;
  memcpy(&m, &scaled, sizeof m);
  float r = m - 1, square = r * r;
  float p = 7.0376836292e-2f;
  p = p * r - 1.1514610310e-1f;
  p = p * r + 1.1676998740e-1f;
  p = p * r - 1.2420140846e-1f;
  p = p * r + 1.4249322787e-1f;
  p = p * r - 1.6668057665e-1f;
  p = p * r + 2.0000714765e-1f;
  p = p * r - 2.4999993993e-1f;
  p = p * r + 3.3333331174e-1f;
  // n ln 2 in two parts, the smaller first.
  float y = p * r * square + (float)n * -2.12194440e-4f - 0.5f * square;
  return r + y + (float)n * 0.693359375f;
}

/// tanh x, within 1e-7.
static inline float hyperbolic_tangent(float x) { return 1 - 2 / (1 + exponential(2 * x)); }

/// 1 - erf z for z ≥ 0, within 4e-7 of itself: e^(-z²) times a polynomial in 1 / (1 + 0.4 z), fitted on 0…9.5.
static inline float complementary_error(float z) {
  float t = 1 / (1 + 0.4f * z);
  float p = 0.0402676351f;
  p = p * t - 0.135471761f;
  p = p * t + 0.073843509f;
  p = p * t + 0.0997280329f;
  p = p * t + 0.0715093613f;
  p = p * t + 0.19696258f;
  p = p * t + 0.200958699f;
  p = p * t + 0.226575688f;
  p = p * t + 0.225626305f;
  return p * t * exponential(-z * z);
}
