/// Numeric kernels: one header per group. Each kernel has a plain reference twin; variants for an instruction
/// set are chosen once, when the first kernel of the group runs.
#pragma once
#include "convert.h"
#include "cpu.h"
#include "quantized.h"
