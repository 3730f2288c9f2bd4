/// Numeric kernels: one header per group. Each kernel has a plain reference twin; variants for an instruction
/// set are chosen once, when the first kernel of the group runs.
#pragma once
#include "activation.h"
#include "attention.h"
#include "bfloat16_rows.h"
#include "convert.h"
#include "cpu.h"
#include "elementwise.h"
#include "embedding.h"
#include "loss.h"
#include "low_rank.h"
#include "normalization.h"
#include "optimizer.h"
#include "packed.h"
#include "quantized.h"
#include "rotary.h"
#include "sampling.h"
#include "steering.h"
