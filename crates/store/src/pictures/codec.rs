//! Turns an upload into a picture of ours: recognised by its content alone, measured before it is decoded, turned upright, laid on white, scaled,
//! and written as a plain JPEG. Nothing of the upload's bytes survives that: no metadata, nothing hidden behind the picture (threat rows 46 and 47).

use std::io::Cursor;

use bytes::Bytes;
use daftar_core::ports::{PictureError, PreparedPicture};
use fast_image_resize::{ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, LumaA, RgbImage, Rgba};

/// The most pixels that an upload may have (contract `usapi.md`, `profile_img`).
const MAX_PIXELS: u64 = 40_000_000;
/// The longest side: what a JPEG can express. A panorama may be long and thin; nothing honest is longer than this.
const MAX_SIDE: u32 = 65_535;
/// The most memory that a decoder may take, in bytes: the largest picture at sixteen bits in four channels, and room for its rows and chunks.
const MAX_ALLOC: u64 = MAX_PIXELS * 8 + 16 * 1024 * 1024;
/// The longer side of a kept picture, in pixels.
const IMAGE_SIDE: u32 = 1024;
/// The longer side of its thumbnail, in pixels.
const THUMBNAIL_SIDE: u32 = 256;
/// Of 100: no visible loss on photographs at these sizes, for about 150 kB.
const JPEG_QUALITY: u8 = 85;

/// Prepares an upload. It works for up to a second: only on threads made for it.
///
/// # Errors
/// [`PictureError::Unreadable`] for everything that is not a whole JPEG, PNG or WebP picture of at most [`MAX_PIXELS`] pixels.
pub(super) fn prepare(upload: &[u8]) -> Result<PreparedPicture, PictureError> {
    let (picture, orientation) = decode(upload)?;
    // Laid on white first, or scaling would have to weigh colours by their alpha on a copy of the whole; turned last, when it is small.
    let mut picture = fit(DynamicImage::ImageRgb8(on_white(picture)), IMAGE_SIDE)?;
    picture.apply_orientation(orientation);
    let image = encode(&picture)?;
    let thumbnail = encode(&fit(picture, THUMBNAIL_SIDE)?)?;
    Ok(PreparedPicture { image, thumbnail })
}

/// Decodes the first frame, after its size was checked (row 46).
fn decode(upload: &[u8]) -> Result<(DynamicImage, image::metadata::Orientation), PictureError> {
    let format = image::guess_format(upload).map_err(unreadable)?;
    let whole = match format {
        ImageFormat::Jpeg => is_whole_jpeg(upload),
        // Their decoders notice a missing end.
        ImageFormat::Png | ImageFormat::WebP => true,
        _ => false,
    };
    if !whole {
        return Err(PictureError::Unreadable);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOC);
    let mut reader = ImageReader::with_format(Cursor::new(upload), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > MAX_PIXELS {
        return Err(PictureError::Unreadable);
    }
    let orientation = decoder.orientation().map_err(unreadable)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    Ok((picture, orientation))
}

/// Whether a JPEG has its end marker. The decoder forgives a missing one and fills up with grey, as browsers do while they load; a person whose
/// upload broke off should hear of it instead.
fn is_whole_jpeg(upload: &[u8]) -> bool {
    let mut rest = upload.get(2..).unwrap_or_default();
    // The segments before the first scan are skipped: one of them may hold a thumbnail, which has an end marker of its own.
    loop {
        match rest {
            [0xff, 0xff, ..] => rest = rest.get(1..).unwrap_or_default(),
            [0xff, marker, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let is_scan = *marker == 0xda;
                rest = rest.get(2 + length..).unwrap_or_default();
                if is_scan {
                    return rest.windows(2).any(|pair| pair == [0xff, 0xd9]);
                }
            }
            _ => return false,
        }
    }
}

/// Scales down so that the longer side is at most `side`; a smaller picture stays as it is.
fn fit(picture: DynamicImage, side: u32) -> Result<DynamicImage, PictureError> {
    let longer = picture.width().max(picture.height());
    if longer <= side {
        return Ok(picture);
    }
    let scaled = |length: u32| u32::try_from(u64::from(length) * u64::from(side) / u64::from(longer)).unwrap_or(side).max(1);
    let mut smaller = DynamicImage::new(scaled(picture.width()), scaled(picture.height()), picture.color());
    Resizer::new().resize(&picture, &mut smaller, &ResizeOptions::new().use_alpha(false)).map_err(unreadable)?;
    Ok(smaller)
}

/// Lays a picture on white, because a JPEG has no transparency and black is not what its maker saw. Nothing but the answer is copied.
fn on_white(picture: DynamicImage) -> RgbImage {
    let (width, height) = (picture.width(), picture.height());
    let high = |channel: u16| channel.to_be_bytes()[0];
    match picture {
        DynamicImage::ImageLumaA8(p) => lay(width, height, p.pixels().map(|&LumaA([grey, alpha])| [grey, grey, grey, alpha])),
        DynamicImage::ImageRgba8(p) => lay(width, height, p.pixels().map(|&Rgba(pixel)| pixel)),
        DynamicImage::ImageLumaA16(p) => lay(width, height, p.pixels().map(|&LumaA([grey, alpha])| [grey, grey, grey, alpha].map(high))),
        DynamicImage::ImageRgba16(p) => lay(width, height, p.pixels().map(|&Rgba(pixel)| pixel.map(high))),
        opaque => opaque.into_rgb8(),
    }
}

fn lay(width: u32, height: u32, mut pixels: impl Iterator<Item = [u8; 4]>) -> RgbImage {
    RgbImage::from_fn(width, height, |_, _| {
        let [red, green, blue, alpha] = pixels.next().unwrap_or([u8::MAX; 4]);
        let blend = |colour: u8| {
            let (colour, alpha) = (u32::from(colour), u32::from(alpha));
            u8::try_from((colour * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
        };
        image::Rgb([blend(red), blend(green), blend(blue)])
    })
}

fn encode(picture: &DynamicImage) -> Result<Bytes, PictureError> {
    let mut jpeg = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY)).map_err(|error| PictureError::Store(error.into()))?;
    Ok(jpeg.into())
}

/// What exactly a decoder dislikes helps nobody who uploads, and is said where somebody looks for it.
fn unreadable(error: impl std::error::Error + 'static) -> PictureError {
    tracing::debug!(error = &error as &dyn std::error::Error, "a picture was refused");
    PictureError::Unreadable
}
