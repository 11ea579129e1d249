// The only parts of the large model in the page that must be fast: products with packed weights, and
// attention. Everything else is in static/large_model.js; static/large_products.js has the same functions in
// plain JavaScript, for browsers without WebAssembly's 128-bit vectors.
//
// tools/build_wasm.py compiles this file with the clang of the Python package `ziglang`.
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define BLOCK 32 // weights that share a scale
#define AT_ONCE 16 // places of a prompt that share one unpacking of the weights

typedef unsigned char u8;
typedef unsigned short u16;

// A half-precision number that is finite: its bits, moved, are a float that is 2^112 times too small.
static inline float half(const u8 *at) {
  u16 bits;
  __builtin_memcpy(&bits, at, 2);
  union { unsigned bits; float number; } value = {(unsigned)(bits & 0x7fff) << 13};
  value.number *= 0x1p112f;
  return bits & 0x8000 ? -value.number : value.number;
}

// 16 whole numbers of one byte, as four vectors of floats
static inline void widen(v128_t bytes, v128_t *out, int is_signed) {
  v128_t low = is_signed ? wasm_i16x8_extend_low_i8x16(bytes) : wasm_u16x8_extend_low_u8x16(bytes);
  v128_t high = is_signed ? wasm_i16x8_extend_high_i8x16(bytes) : wasm_u16x8_extend_high_u8x16(bytes);
  out[0] = wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(low));
  out[1] = wasm_f32x4_convert_i32x4(wasm_i32x4_extend_high_i16x8(low));
  out[2] = wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(high));
  out[3] = wasm_f32x4_convert_i32x4(wasm_i32x4_extend_high_i16x8(high));
}

static inline float total(v128_t v) {
  return (wasm_f32x4_extract_lane(v, 0) + wasm_f32x4_extract_lane(v, 1)) +
         (wasm_f32x4_extract_lane(v, 2) + wasm_f32x4_extract_lane(v, 3));
}

// Q4_1: a scale, a least value, 16 bytes of two codes each; a weight is scale · code + least.
static inline const u8 *unpack4(const u8 *at, v128_t *w) {
  v128_t scale = wasm_f32x4_splat(half(at)), least = wasm_f32x4_splat(half(at + 2));
  v128_t codes = wasm_v128_load(at + 4);
  widen(wasm_v128_and(codes, wasm_i8x16_splat(15)), w, 0);
  widen(wasm_u8x16_shr(codes, 4), w + 4, 0);
  for (int i = 0; i < 8; i++) w[i] = wasm_f32x4_add(wasm_f32x4_mul(w[i], scale), least);
  return at + 20;
}

// Q8_0: a scale and 32 codes with sign
static inline const u8 *unpack8(const u8 *at, v128_t *w) {
  v128_t scale = wasm_f32x4_splat(half(at));
  widen(wasm_v128_load(at + 2), w, 1);
  widen(wasm_v128_load(at + 18), w + 4, 1);
  for (int i = 0; i < 8; i++) w[i] = wasm_f32x4_mul(w[i], scale);
  return at + 34;
}

static inline __attribute__((always_inline)) void product(
    const u8 *at, const float *x, float *y, int rows, int columns, int places, int bits) {
  v128_t w[8], sums[AT_ONCE][2];
  for (int row = 0; row < rows; row++) {
    for (int t = 0; t < places; t++) sums[t][0] = sums[t][1] = wasm_f32x4_splat(0);
    for (int i = 0; i < columns; i += BLOCK) {
      at = bits == 4 ? unpack4(at, w) : unpack8(at, w);
      for (int t = 0; t < places; t++) {
        const float *part = x + t * columns + i;
        for (int k = 0; k < 8; k++)
          sums[t][k & 1] = wasm_f32x4_add(sums[t][k & 1], wasm_f32x4_mul(w[k], wasm_v128_load(part + 4 * k)));
      }
    }
    for (int t = 0; t < places; t++) y[t * rows + row] = total(wasm_f32x4_add(sums[t][0], sums[t][1]));
  }
}

// y (places, rows) = x (places, columns) times the packed matrix (rows, columns), transposed. Up to 16 places.
EXPORT(product4) void product4(const u8 *w, const float *x, float *y, int rows, int columns, int places) {
  if (places == 1) product(w, x, y, rows, columns, 1, 4); // the compiler then keeps the sums in registers
  else product(w, x, y, rows, columns, places, 4);
}
EXPORT(product8) void product8(const u8 *w, const float *x, float *y, int rows, int columns, int places) {
  if (places == 1) product(w, x, y, rows, columns, 1, 8);
  else product(w, x, y, rows, columns, places, 8);
}

// scores[s] = q · keys[s], for one head of `size` features; the keys lie `stride` floats apart
EXPORT(scores) void scores(const float *q, const float *keys, float *out, int known, int size, int stride) {
  for (int s = 0; s < known; s++) {
    v128_t sum = wasm_f32x4_splat(0);
    for (int i = 0; i < size; i += 4)
      sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_v128_load(q + i), wasm_v128_load(keys + s * stride + i)));
    out[s] = total(sum);
  }
}

// out = Σ weights[s] · values[s]
EXPORT(mix) void mix(const float *weights, const float *values, float *out, int known, int size, int stride) {
  for (int i = 0; i < size; i += 4) wasm_v128_store(out + i, wasm_f32x4_splat(0));
  for (int s = 0; s < known; s++) {
    v128_t weight = wasm_f32x4_splat(weights[s]);
    for (int i = 0; i < size; i += 4)
      wasm_v128_store(out + i, wasm_f32x4_add(wasm_v128_load(out + i),
                                              wasm_f32x4_mul(weight, wasm_v128_load(values + s * stride + i))));
  }
}
