//! Phone numbers as people write them in their countries, and those that are nobody's.

use super::*;

fn country(letters: &str) -> Country {
    Country::parse(letters).unwrap()
}

fn read(text: &str, letters: &str) -> Result<String, IdentifierError> {
    PhoneNumber::read(text, &country(letters)).map(|number| number.as_e164().to_owned())
}

fn mobile(text: &str, letters: &str) -> Result<String, IdentifierError> {
    PhoneNumber::parse_mobile(text, &country(letters)).map(|number| number.as_e164().to_owned())
}

#[test]
fn a_number_belongs_to_a_country_even_if_it_is_not_assigned() {
    let country = |text: &str| PhoneNumber::from_e164(text).unwrap().country().map(|country| country.to_string());
    for (number, belongs_to) in
        [("+6281234567890", "ID"), ("+85291234567", "HK"), ("+12125550123", "US"), ("+14165550123", "CA"), ("+621234567", "ID")]
    {
        assert_eq!(country(number).as_deref(), Some(belongs_to), "{number}");
    }
    assert_eq!(country("+99912345678"), None);
}

#[test]
fn a_country_is_one_that_has_phone_numbers() {
    for letters in "AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO \
                    CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT \
                    HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN \
                    MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD \
                    SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS YE YT \
                    ZA ZM ZW"
        .split_whitespace()
    {
        assert_eq!(Country::parse(letters).map(|country| country.to_string()).as_deref(), Some(letters));
    }
    // The rest of ISO 3166-1 has no numbers of its own; then what is no country, and other ways to write one.
    for none in [
        "AQ",
        "BV",
        "GS",
        "HM",
        "PN",
        "TF",
        "UM",
        "XX",
        "ZZ",
        "EU",
        "UK",
        "id",
        "Id",
        "ID ",
        " ID",
        "IDN",
        "I",
        "",
        "001",
        "62",
        "ＩＤ",
        "İD",
        "indonesia",
    ] {
        assert_eq!(Country::parse(none), None, "{none:?}");
    }
    assert_eq!((Country::indonesia(), Country::hong_kong()), (country("ID"), country("HK")));
    assert_eq!(format!("{:?}", Country::indonesia()), "Country(ID)");
}

#[test]
fn five_spellings_and_more_are_one_number_and_have_one_tail() {
    let cases: [(&str, &str, &[&str]); 7] = [
        (
            "ID",
            "+6281234567890",
            &[
                "6281234567890",
                "081234567890",
                "+62 812-3456-7890",
                "0812 3456 7890",
                "(0812) 3456-7890",
                "62 812 3456 7890",
                "+620812 3456 7890",
                "62081234567890",
            ],
        ),
        ("HK", "+85268098227", &["68098227", "6809 8227", "+852 6809 8227", "85268098227", "852-6809-8227"]),
        ("SG", "+6581234567", &["81234567", "8123 4567", "+65 8123 4567", "6581234567", "(65) 8123-4567"]),
        ("MY", "+60123456789", &["0123456789", "012-345 6789", "+60 12-345 6789", "60123456789", "+60 (0)12 345 6789"]),
        ("TW", "+886912345678", &["0912345678", "0912-345-678", "+886 912 345 678", "886912345678", "+886 (0)912-345678"]),
        ("US", "+12025550123", &["2025550123", "(202) 555-0123", "+1 202-555-0123", "12025550123", "1 (202) 555 0123"]),
        ("GB", "+447400123456", &["07400123456", "07400 123456", "+44 7400 123456", "447400123456", "+44 (0)7400-123-456"]),
    ];
    for (letters, number, spellings) in cases {
        for spelling in spellings.iter().chain([&number]) {
            assert_eq!(read(spelling, letters).as_deref(), Ok(number), "{spelling} in {letters}");
            assert_eq!(mobile(spelling, letters).as_deref(), Ok(number), "{spelling} in {letters}");
            assert_eq!(PhoneNumber::tail_of(spelling).as_deref(), Some(PhoneNumber::from_e164(number).unwrap().tail()), "{spelling}");
        }
    }
    for usapi in ["6281234567890", "62081234567890"] {
        assert_eq!(PhoneNumber::parse_usapi(usapi).map(|number| number.as_e164().to_owned()), read("081234567890", "ID"), "{usapi}");
    }
}

#[test]
fn a_tail_is_six_digits_of_what_looks_like_a_phone_number() {
    let tail = |text: &str| PhoneNumber::tail_of(text);
    assert_eq!(tail(" (0812) 34-56-78-90 ").as_deref(), Some("567890"));
    assert_eq!(PhoneNumber::from_e164("+6281234567890").unwrap().tail(), "567890");
    assert_eq!(PhoneNumber::from_e164("+2901234").unwrap().tail(), "901234");
    for none in ["", "123456", "siti", "a@b.example", "0812x4567890", "０８１２３４５６７８９０", "081234567890,1", "123456789012345678"]
    {
        assert_eq!(tail(none), None, "{none}");
    }
}

#[test]
fn a_mobile_number_is_one_of_its_very_country() {
    // A number of the United States that would be a mobile number in Indonesia, were it not for its calling code.
    assert_eq!(read("+1 812 345 6789", "ID").as_deref(), Ok("+18123456789"));
    assert_eq!(mobile("+62 812 345 6789", "ID").as_deref(), Ok("+628123456789"));
    for (text, letters) in [
        ("+1 812 345 6789", "ID"),
        ("+852 6809 8227", "ID"),
        // One calling code, two countries.
        ("+1 416 555 0123", "US"),
        ("+1 202 555 0123", "CA"),
        ("+44 7797 712345", "GB"),
        ("+44 7400 123456", "JE"),
        ("+7 701 123 4567", "RU"),
        // Of the country, but nobody's mobile phone: fixed, toll-free, premium-rate, personal, and what no plan knows.
        ("021 350 5555", "ID"),
        ("0800 123 4567", "ID"),
        ("0809 123 4567", "ID"),
        ("020 7946 0123", "GB"),
        ("07012 345678", "GB"),
        ("800 234 5678", "US"),
        ("621234567891", "ID"),
        ("2123 4567", "HK"),
    ] {
        assert_eq!(mobile(text, letters), Err(IdentifierError::Malformed), "{text} in {letters}");
    }
    for (text, letters, number) in
        [("416 555 0123", "CA", "+14165550123"), ("07797 712345", "JE", "+447797712345"), ("8 701 123 4567", "KZ", "+77011234567")]
    {
        assert_eq!(mobile(text, letters).as_deref(), Ok(number), "{text} in {letters}");
    }
}

#[test]
fn what_is_kept_of_a_number_is_read_as_that_number() {
    // USAPI takes digits that no plan has: as it shows them and as they are kept they are one number, on every surface.
    for digits in ["62077348996", "6201611805312", "620009666770809", "621234567"] {
        let number = PhoneNumber::parse_usapi(digits).unwrap();
        for spelling in [digits, number.as_e164()] {
            for letters in ["ID", "HK"] {
                assert_eq!(read(spelling, letters).as_deref(), Ok(number.as_e164()), "{spelling} in {letters}");
                assert_eq!(PhoneNumber::parse(spelling, &country(letters)).as_ref(), Ok(&number), "{spelling} in {letters}");
            }
        }
    }
    // With more noughts than one dropping of them uses up, they would be another number every time.
    for text in ["6000823321629", "4400148201132", "+6000823321629"] {
        for letters in ["ID", "HK"] {
            assert_eq!(read(text, letters), Err(IdentifierError::Malformed), "{text} in {letters}");
        }
    }
}
