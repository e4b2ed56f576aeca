/* pdf_image.c: pictures as XObjects. JPEG goes through untouched; only its header is read. Called by the makers of pieces and
 * by pdf_png.c. What is not a picture that printers can take is refused with a sentence. */
#include "press/pdf_private.h"
#include "base/limits.h"

struct jpeg {
    int width, height, components, bits;
    bool is_adobe, has_end;
};

static unsigned be16(struct str s, size_t at) { return (unsigned)(uint8_t)s.ptr[at] << 8 | (uint8_t)s.ptr[at + 1]; }

static bool is_frame_header(unsigned marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

static bool read_frame_header(struct str seg, unsigned marker, struct jpeg *out, struct fault *f)
{
    if (marker > 0xC2)
        return fault_user(f, 422, "the JPEG is of a rare kind (lossless or arithmetic) that printers do not take");
    if (seg.len < 6) return fault_user(f, 422, "the JPEG is damaged");
    out->bits = (uint8_t)seg.ptr[0];
    out->height = (int)be16(seg, 1);
    out->width = (int)be16(seg, 3);
    out->components = (uint8_t)seg.ptr[5];
    return true;
}

/* Walks the segments up to the picture's data (ITU T.81, annex B). */
static bool read_jpeg(struct str s, struct jpeg *out, struct fault *f)
{
    if (s.len < 4 || be16(s, 0) != 0xFFD8) return fault_user(f, 422, "the picture is not a JPEG");
    for (size_t at = 2; at + 4 <= s.len;) {
        unsigned marker = (uint8_t)s.ptr[at + 1];
        if ((uint8_t)s.ptr[at] != 0xFF) break;
        if (marker == 0xFF) {
            at++;
            continue;
        }
        size_t len = be16(s, at + 2);
        if (len < 2 || at + 2 + len > s.len) break;
        struct str seg = str_make(s.ptr + at + 4, len - 2);
        if (is_frame_header(marker) && !read_frame_header(seg, marker, out, f)) return false;
        if (marker == 0xEE && str_starts(seg, STR("Adobe"))) out->is_adobe = true;
        at += 2 + len;
        if (marker != 0xDA) continue;
        out->has_end = memmem(s.ptr + at, s.len - at, "\xFF\xD9", 2) != NULL;
        break;
    }
    if (out->width == 0 || out->height == 0) return fault_user(f, 422, "the JPEG has no size in its header");
    return out->has_end || fault_user(f, 422, "the JPEG is cut off");
}

/* PNG: the signature's eight bytes, then the chunk IHDR, whose data begins with both sizes. */
static bool read_png_size(struct str s, int *width, int *height)
{
    if (s.len < 24 || memcmp(s.ptr, "\x89PNG\r\n\x1a\n", 8) != 0 || memcmp(s.ptr + 12, "IHDR", 4) != 0) return false;
    *width = (int)((be16(s, 16) & 0x7fff) << 16 | be16(s, 18));
    *height = (int)((be16(s, 20) & 0x7fff) << 16 | be16(s, 22));
    return *width > 0 && *height > 0;
}

bool pdf_image_size(struct str picture, int *width, int *height)
{
    struct jpeg j = {0};
    struct fault f;
    if (read_png_size(picture, width, height)) return true;
    if (!read_jpeg(picture, &j, &f)) return false;
    *width = j.width, *height = j.height;
    return true;
}

static bool check_jpeg(const struct jpeg *j, struct fault *f)
{
    if (j->bits != 8) return fault_user(f, 422, "the JPEG has %d bits a channel; 8 are supported", j->bits);
    if (j->components != 1 && j->components != 3 && j->components != 4)
        return fault_user(f, 422, "the JPEG has %d channels; grey, RGB and CMYK are supported", j->components);
    int64_t most = limit_get(LIMIT_PRESS_MAX_IMAGE_PIXELS);
    if ((int64_t)j->width * j->height > most)
        return fault_user(f, 422, "the JPEG has %d x %d pixels, more than %lld", j->width, j->height, (long long)most);
    return true;
}

static void image_dict(struct buf *b, int width, int height, const char *colour)
{
    buf_addf(b, "/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /%s", width, height,
             colour);
}

int pdf_image_jpeg(struct pdf *p, struct str jpeg, int *width, int *height, struct fault *f)
{
    struct jpeg j = {0};
    if (!read_jpeg(jpeg, &j, f) || !check_jpeg(&j, f)) return 0;
    struct buf dict = BUF_INIT;
    image_dict(&dict, j.width, j.height, j.components == 1 ? "DeviceGray" : j.components == 3 ? "DeviceRGB" : "DeviceCMYK");
    /* Adobe's programs write CMYK upside down and say so by their marker. */
    if (j.components == 4 && j.is_adobe) buf_addz(&dict, " /Decode [1 0 1 0 1 0 1 0]");
    buf_addz(&dict, " /Filter /DCTDecode");
    int number = pdf_stream_level(p, 0, buf_str(&dict), jpeg, PDF_LEVEL_NONE);
    buf_finish(&dict);
    *width = j.width, *height = j.height;
    return number;
}

int pdf_image_raw(struct pdf *p, struct str pixels, int width, int height, int channels)
{
    struct buf dict = BUF_INIT;
    image_dict(&dict, width, height, channels == 1 ? "DeviceGray" : "DeviceRGB");
    int number = pdf_stream_level(p, 0, buf_str(&dict), pixels, PDF_LEVEL_ONCE);
    buf_finish(&dict);
    return number;
}
