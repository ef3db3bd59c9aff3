//! Uploads as people and attackers make them, all built in memory.

use std::io::Cursor;

use daftar_core::ports::Entropy;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;

struct Fixed;

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

const RED: [u8; 3] = [200, 30, 30];
const BLUE: [u8; 3] = [30, 30, 200];

/// A picture whose upper left quarter is red and the rest blue: enough to see how it was turned.
fn corner(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| Rgb(if x < width / 2 && y < height / 2 { RED } else { BLUE })).into()
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn decoded(jpeg: &[u8]) -> RgbImage {
    image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).expect("what we keep is a JPEG").into_rgb8()
}

fn is_near(pixel: Rgb<u8>, wanted: [u8; 3]) -> bool {
    pixel.0.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 16)
}

fn refused(upload: &[u8]) -> bool {
    matches!(codec::prepare(upload), Err(PictureError::Unreadable))
}

/// A big-endian TIFF block, as EXIF holds one, with an orientation and a place on earth.
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x02".to_vec();
    tiff.extend_from_slice(&[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    tiff.extend_from_slice(&[0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38]);
    tiff.extend_from_slice(b"\0\0\0\0GPS 6.2088 S 106.8456 E");
    tiff
}

/// Puts a segment right after a JPEG's start marker.
fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, content, &jpeg[2..]].concat()
}

fn jpeg_turned(orientation: u8) -> Vec<u8> {
    with_segment(&encoded(&corner(160, 80), ImageFormat::Jpeg), 0xe1, &[b"Exif\0\0", exif(orientation).as_slice()].concat())
}

/// A RIFF chunk, padded as WebP has it.
fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut chunk = [name.as_slice(), &u32::try_from(content.len()).unwrap().to_le_bytes(), content].concat();
    if !content.len().is_multiple_of(2) {
        chunk.push(0);
    }
    chunk
}

fn webp(chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"RIFF", &[b"WEBP".as_slice(), &chunks.concat()].concat())
}

/// The image data of a simple lossless WebP file.
fn vp8l(picture: &DynamicImage) -> Vec<u8> {
    encoded(picture, ImageFormat::WebP)[12..].to_vec()
}

fn vp8x(flags: u8, width: u32, height: u32) -> Vec<u8> {
    chunk(b"VP8X", &[&[flags, 0, 0, 0], &(width - 1).to_le_bytes()[..3], &(height - 1).to_le_bytes()[..3]].concat())
}

/// A PNG chunk with its checksum.
fn png_chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [name.as_slice(), content].concat();
    let crc = named
        .iter()
        .fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }));
    [&u32::try_from(content.len()).unwrap().to_be_bytes(), named.as_slice(), &(!crc).to_be_bytes()].concat()
}

fn png_header(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".as_slice(), &png_chunk(b"IHDR", &header)].concat()
}

#[test]
fn every_kind_of_upload_becomes_a_jpeg_of_the_right_size() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let prepared = codec::prepare(&encoded(&corner(1500, 750), format)).unwrap();
        let (image, thumbnail) = (decoded(&prepared.image), decoded(&prepared.thumbnail));
        assert_eq!((image.dimensions(), thumbnail.dimensions()), ((1024, 512), (256, 128)), "{format:?}");
        assert!(is_near(*image.get_pixel(100, 100), RED) && is_near(*image.get_pixel(900, 400), BLUE), "{format:?}");
        assert!(is_near(*thumbnail.get_pixel(20, 20), RED) && is_near(*thumbnail.get_pixel(200, 100), BLUE), "{format:?}");
    }
}

#[test]
fn a_small_picture_is_never_enlarged_and_a_thin_one_never_vanishes() {
    let small = codec::prepare(&encoded(&corner(3, 2), ImageFormat::Png)).unwrap();
    assert_eq!((decoded(&small.image).dimensions(), decoded(&small.thumbnail).dimensions()), ((3, 2), (3, 2)));
    let thin = codec::prepare(&encoded(&corner(60_000, 1), ImageFormat::Jpeg)).unwrap();
    assert_eq!((decoded(&thin.image).dimensions(), decoded(&thin.thumbnail).dimensions()), ((1024, 1), (256, 1)));
}

#[test]
fn every_orientation_is_turned_upright() {
    // Where the red quarter of a 160 × 80 picture is, once it is upright: (right?, bottom?), and whether width and height change places.
    let cases = [
        (1, (false, false), false),
        (2, (true, false), false),
        (3, (true, true), false),
        (4, (false, true), false),
        (5, (false, false), true),
        (6, (true, false), true),
        (7, (true, true), true),
        (8, (false, true), true),
    ];
    for (orientation, red, swapped) in cases {
        let image = decoded(&codec::prepare(&jpeg_turned(orientation)).unwrap().image);
        let (width, height) = if swapped { (80, 160) } else { (160, 80) };
        assert_eq!(image.dimensions(), (width, height), "orientation {orientation}");
        for corner in [(false, false), (true, false), (false, true), (true, true)] {
            let x = if corner.0 { width - 10 } else { 10 };
            let y = if corner.1 { height - 10 } else { 10 };
            assert_eq!(is_near(*image.get_pixel(x, y), RED), corner == red, "orientation {orientation}, corner {corner:?}");
        }
    }
}

#[test]
fn a_png_and_a_webp_are_turned_upright_too() {
    let png = encoded(&corner(160, 80), ImageFormat::Png);
    // Before the image data, which follow the header of 8 + 25 bytes.
    let png = [&png[..33], &png_chunk(b"eXIf", &exif(6)), &png[33..]].concat();
    let webp = webp(&[vp8x(0b1000, 160, 80), vp8l(&corner(160, 80)), chunk(b"EXIF", &exif(6))]);
    for upload in [png, webp] {
        let image = decoded(&codec::prepare(&upload).unwrap().image);
        assert_eq!(image.dimensions(), (80, 160));
        assert!(is_near(*image.get_pixel(70, 10), RED) && is_near(*image.get_pixel(10, 150), BLUE));
    }
}

#[test]
fn a_damaged_orientation_is_no_reason_to_refuse_a_picture() {
    for exif in [&b"Exif\0\0MM\0*\xff\xff\xff\xff"[..], b"Exif\0\0", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"] {
        codec::prepare(&with_segment(&encoded(&corner(16, 8), ImageFormat::Jpeg), 0xe1, exif)).unwrap();
    }
    assert_eq!(decoded(&codec::prepare(&jpeg_turned(99)).unwrap().image).dimensions(), (160, 80));
}

#[test]
fn transparency_becomes_white() {
    let glass = RgbaImage::from_fn(64, 64, |x, _| match x {
        0..16 => Rgba([0, 0, 0, 0]),
        16..32 => Rgba([0, 0, 0, 128]),
        _ => Rgba([30, 30, 200, 255]),
    });
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let image = decoded(&codec::prepare(&encoded(&glass.clone().into(), format)).unwrap().image);
        assert!(is_near(*image.get_pixel(4, 8), [255; 3]) && is_near(*image.get_pixel(24, 24), [127; 3]) && is_near(*image.get_pixel(60, 60), BLUE));
    }
}

#[test]
fn grey_and_sixteen_bit_pictures_are_taken() {
    let grey = DynamicImage::ImageLuma8(image::GrayImage::from_pixel(2000, 10, image::Luma([90])));
    let deep = DynamicImage::ImageRgba16(image::ImageBuffer::from_pixel(2000, 10, Rgba([0x5a5a, 0x5a5a, 0x5a5a, 0xffff])));
    let faint = DynamicImage::ImageLumaA8(image::ImageBuffer::from_pixel(2000, 10, image::LumaA([90, 255])));
    for picture in [grey, deep, faint] {
        let image = decoded(&codec::prepare(&encoded(&picture, ImageFormat::Png)).unwrap().image);
        assert!(image.width() == 1024 && is_near(*image.get_pixel(500, 2), [90; 3]));
    }
}

#[test]
fn row_46_a_picture_bomb_is_refused_before_anything_is_decoded() {
    let mut jpeg = encoded(&corner(16, 16), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xc3, 0x50, 0xc3, 0x50]);
    let png = [png_header(50_000, 50_000), png_chunk(b"IDAT", &[0; 900]), png_chunk(b"IEND", &[])].concat();
    let webp_canvas = webp(&[vp8x(0, 50_000, 50_000), vp8l(&corner(8, 8))]);
    // Width and height less one, 14 bits each, after the signature byte.
    let size = (16_383_u32 | (16_383 << 14)).to_le_bytes();
    let webp_lossless = webp(&[chunk(b"VP8L", &[&[0x2f], &size[..], &[0; 900]].concat())]);
    let endless = [png_header(u32::MAX >> 1, 1), png_chunk(b"IDAT", &[0; 900])].concat();
    for bomb in [jpeg, png, webp_canvas, webp_lossless, endless] {
        let before = peak_memory();
        assert!(refused(&bomb));
        assert!(peak_memory().saturating_sub(before) < 64 * 1024 * 1024, "memory stays flat");
    }
}

/// The most memory that this process ever held, in bytes. The other tests of this binary may hold pictures at the same time: they are small.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    peak.unwrap_or_default() * 1024
}

#[test]
fn row_46_metadata_that_unpack_to_gigabytes_do_not() {
    // 10 kB that unpack to 10 MB, a thousand times over would be gigabytes: the decoder's budget ends it, whether it refuses or skips them.
    let png = encoded(&corner(16, 16), ImageFormat::Png);
    let mut zeros = encoded(&DynamicImage::new_luma8(10_000, 1000), ImageFormat::Png);
    let data = zeros.windows(4).position(|name| name == b"IDAT").unwrap();
    let length = usize::try_from(u32::from_be_bytes(zeros[data - 4..data].try_into().unwrap())).unwrap();
    let packed = zeros.split_off(data + 4)[..length].to_vec();
    let text = png_chunk(b"zTXt", &[b"bomb\0\0".as_slice(), &packed].concat());
    let upload = [&png[..33], &text.repeat(100), &png[33..]].concat();
    let before = peak_memory();
    drop(codec::prepare(&upload));
    assert!(peak_memory().saturating_sub(before) < 400 * 1024 * 1024);
}

#[test]
fn row_46_forty_megapixels_are_taken_and_one_row_more_is_not() {
    let wide = |height| encoded(&DynamicImage::new_luma8(8000, height), ImageFormat::Png);
    codec::prepare(&wide(5000)).unwrap();
    assert!(refused(&wide(5001)));
}

#[test]
fn row_47_what_hides_behind_or_inside_a_picture_does_not_survive() {
    let jpeg = jpeg_turned(6);
    let jpeg = with_segment(&jpeg, 0xfe, b"<script>alert(1)</script>");
    let hidden = b"<html><script>alert(1)</script></html>PK\x03\x04payload";
    let png = encoded(&corner(16, 8), ImageFormat::Png);
    let png = [&png[..33], &png_chunk(b"tEXt", b"Comment\0<script>GPS payload"), &png[33..], hidden].concat();
    let webp = webp(&[vp8x(0b1100, 16, 8), vp8l(&corner(16, 8)), chunk(b"EXIF", &exif(1)), chunk(b"XMP ", b"<script>payload")]);
    for upload in [[jpeg.as_slice(), hidden].concat(), png, webp] {
        assert!(contains(&upload, b"<script>") && contains(&upload, b"GPS") && contains(&upload, b"payload"));
        let prepared = codec::prepare(&upload).unwrap();
        for kept in [prepared.image, prepared.thumbnail] {
            for trace in [&b"script"[..], b"GPS", b"payload", b"PK\x03\x04", b"Exif", b"html"] {
                assert!(!contains(&kept, trace), "{} survived", String::from_utf8_lossy(trace));
            }
            assert!(kept.starts_with(&[0xff, 0xd8]) && kept.ends_with(&[0xff, 0xd9]));
        }
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
fn row_47_only_jpeg_png_and_webp_are_pictures() {
    let svg = br#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>"#;
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let bmp = [b"BM".as_slice(), &[58, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 24, 0], &[0; 30]].concat();
    for upload in [
        &b""[..],
        b"\xff",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        b"a picture of my cat",
        svg,
        gif,
        &bmp,
        b"%PDF-1.7",
        b"\0\0\0\x20ftypavif",
        b"II*\0\x08\0\0\0",
    ] {
        assert!(refused(upload), "{}", String::from_utf8_lossy(upload));
    }
}

#[test]
fn a_picture_that_broke_off_is_refused_wherever_it_broke() {
    let noise = RgbImage::from_fn(200, 100, |x, y| Rgb([(x * y) as u8, (x * 7 + y * 13) as u8, (x ^ y) as u8]));
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = encoded(&noise.clone().into(), format);
        codec::prepare(&whole).unwrap();
        for tenths in 0..10 {
            assert!(refused(&whole[..whole.len() * tenths / 10]), "{format:?} after {tenths} tenths");
        }
    }
    // A camera's thumbnail has an end marker of its own.
    let jpeg = with_segment(&encoded(&noise.into(), ImageFormat::Jpeg), 0xe1, &[b"Exif\0\0".as_slice(), &[0xff, 0xd8, 0xff, 0xd9]].concat());
    assert!(refused(&jpeg[..jpeg.len() / 2]));
}

#[test]
fn of_an_animation_the_first_frame_is_kept() {
    let frame = |colour| {
        let picture: DynamicImage = RgbImage::from_pixel(32, 16, Rgb(colour)).into();
        let place = [&[0; 6], &31_u32.to_le_bytes()[..3], &15_u32.to_le_bytes()[..3], &[100, 0, 0, 0]].concat();
        chunk(b"ANMF", &[place, vp8l(&picture)].concat())
    };
    let upload = webp(&[vp8x(0b10, 32, 16), chunk(b"ANIM", &[0; 6]), frame(RED), frame(BLUE)]);
    let image = decoded(&codec::prepare(&upload).unwrap().image);
    assert!(image.dimensions() == (32, 16) && is_near(*image.get_pixel(8, 8), RED));

    let (first, second) = (encoded(&corner(16, 16), ImageFormat::Png), RgbImage::from_pixel(16, 16, Rgb(BLUE)));
    let control = |sequence: u32| {
        png_chunk(b"fcTL", &[&sequence.to_be_bytes()[..], &16_u32.to_be_bytes(), &16_u32.to_be_bytes(), &[0; 8], &[0, 1, 0, 10, 0, 0]].concat())
    };
    let data = |png: &[u8]| {
        let start = png.windows(4).position(|name| name == b"IDAT").unwrap();
        let length = usize::try_from(u32::from_be_bytes(png[start - 4..start].try_into().unwrap())).unwrap();
        png[start + 4..start + 4 + length].to_vec()
    };
    let second = data(&encoded(&second.into(), ImageFormat::Png));
    let apng = [
        first[..33].to_vec(),
        png_chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]),
        control(0),
        png_chunk(b"IDAT", &data(&first)),
        control(1),
        png_chunk(b"fdAT", &[&2_u32.to_be_bytes()[..], &second].concat()),
        png_chunk(b"IEND", &[]),
    ]
    .concat();
    let image = decoded(&codec::prepare(&apng).unwrap().image);
    assert!(is_near(*image.get_pixel(2, 2), RED) && is_near(*image.get_pixel(12, 12), BLUE));
}

#[tokio::test]
async fn a_picture_is_kept_in_both_sizes_read_and_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("a/b");
    let pictures = FilePictures::new(&place).unwrap();
    let id = PictureId::draw(&Fixed);
    assert!(pictures.read(&id, PictureSize::Full).await.unwrap().is_none());
    pictures.forget(&id).await.unwrap();

    let prepared = pictures.prepare(encoded(&corner(600, 300), ImageFormat::Png).into()).await.unwrap();
    pictures.keep(&id, prepared.clone()).await.unwrap();
    drop(pictures);

    let pictures = FilePictures::new(&place).unwrap();
    let full = pictures.read(&id, PictureSize::Full).await.unwrap().unwrap();
    let thumbnail = pictures.read(&id, PictureSize::Thumbnail).await.unwrap().unwrap();
    assert_eq!((&full, &thumbnail), (&prepared.image, &prepared.thumbnail));
    assert_eq!((decoded(&full).dimensions(), decoded(&thumbnail).dimensions()), ((600, 300), (256, 128)));

    pictures.forget(&id).await.unwrap();
    assert!(pictures.read(&id, PictureSize::Full).await.unwrap().is_none());
    assert!(pictures.read(&id, PictureSize::Thumbnail).await.unwrap().is_none());
    assert!(files_under(&place).is_empty(), "nothing is left on the disk");
}

#[tokio::test]
async fn a_place_that_fails_is_said_to_fail_and_keeps_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let pictures = FilePictures::new(dir.path()).unwrap();
    let id = PictureId::draw(&Fixed);
    let prepared = pictures.prepare(encoded(&corner(8, 8), ImageFormat::Png).into()).await.unwrap();
    // A file where the shelf should be.
    let shelf = dir.path().join(id.as_str().split_at(2).0);
    std::fs::write(&shelf, b"").unwrap();
    assert!(matches!(pictures.keep(&id, prepared).await, Err(PictureError::Store(_))));
    assert!(matches!(FilePictures::new(&shelf), Err(PictureError::Store(_))));
}

#[cfg(unix)]
#[test]
fn the_directory_is_this_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("pictures");
    FilePictures::new(&place).unwrap();
    assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
}

fn files_under(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found
}
