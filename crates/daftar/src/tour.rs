//! What `daftar dev` prints: where to click, and a tour whose every line can be pasted into bash by itself.

/// Between these lines stands the tour, and nothing else.
const BEGIN: &str = "# ---- the tour: paste it into bash, line by line ----";
const END: &str = "# ---- the end of the tour ----";

/// A tiny picture to upload: a blue dot, as PNG.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAH0lEQVR42mP4jwMwQCj5+P1whJBAFoXLUVkCp+VYAQDE1IdBbE+D7QAAAABJRU5ErkJggg==";

/// The steps: what each shows, and its one line of bash. It needs curl, grep, sed, base64 and md5sum, and works as often as one likes.
const STEPS: [(&str, &str); 17] = [
    (
        "Somebody new: a name and a phone number that nobody has yet.",
        r#"NAME="siti$RANDOM$RANDOM"; PHONE="62812$((10000000 + (RANDOM * 32768 + RANDOM) % 90000000))"; echo "$NAME $PHONE""#,
    ),
    (
        "Signing up, as a shop's back end does it. The answer's token names the registration and proves nothing.",
        r#"ANSWER=$(curl -s -u "$CLIENT" -H 'content-type: application/json' -d '{"username":"'$NAME'","password":"correct horse","email":"'$NAME'@example.com","first_name":"Siti","last_name":"Rahma","platform":"ONMART"}' "$BASE/signup"); echo "$ANSWER""#,
    ),
    (
        "The code from the mail. Look at the mail itself in a browser, at /dev/inbox; its button works, too.",
        r#"for TRY in {1..50}; do CODE=$(curl -s "$BASE/dev/inbox.json?to=$NAME@example.com&channel=email" | grep -oE '\\n[0-9]{6}(\\r)?\\n' | head -n 1 | tr -dc '0-9'); [ -n "$CODE" ] && break; sleep 0.1; done; echo "The code is $CODE.""#,
    ),
    (
        "Finishing the registration with it.",
        r#"TOKEN=$(sed -E 's/.*"token": ?"([^"]*)".*/\1/' <<< "$ANSWER"); curl -s -u "$CLIENT" -H 'content-type: application/json' -d '{"token":"'$TOKEN'","otp":"'$CODE'"}' "$BASE/signup/verify"; echo"#,
    ),
    (
        "Signing in, as a browser or an app does it.",
        r#"SESSION=$(curl -s -H 'content-type: application/json' -d '{"username":"'$NAME'","password":"correct horse"}' "$BASE/auth" | sed -E 's/.*"token": ?"([^"]*)".*/\1/'); echo "$SESSION""#,
    ),
    ("Who is signed in.", r#"curl -s -H "authorization: Bearer $SESSION" "$BASE/basic-profile"; echo"#),
    (
        "The profile, with a picture (here a tiny blue dot).",
        r#"base64 -d <<< 'PICTURE' | curl -s -H "authorization: Bearer $SESSION" -F 'basic_profile={"date_of_birth":"1990-04-17","gender":"Perempuan","phone_number":"'$PHONE'"}' -F 'profile_img=@-;filename=me.png;type=image/png' "$BASE/update-basic-profile"; echo"#,
    ),
    ("The same person again. The picture's URL opens in a browser.", r#"curl -s -H "authorization: Bearer $SESSION" "$BASE/basic-profile"; echo"#),
    (
        "Is this address registered? Now it is.",
        r#"curl -s -H 'content-type: application/json' -d '{"email":"'$NAME'@example.com"}' "$BASE/check/email"; echo"#,
    ),
    (
        "In a mobile app: somebody signs up with a phone number and nothing else. The answer's token names the code and proves nothing.",
        r#"MOBILE="94$((100000 + (RANDOM * 32768 + RANDOM) % 900000))"; OTP=$(curl -s -H 'content-type: application/json' -H 'accept-language: en' -d '{"nature":2,"loginID":"'$MOBILE'","sendType":0}' "$BASE/app/auth/otp"); echo "$OTP""#,
    ),
    (
        "The code from the short message.",
        r#"for TRY in {1..50}; do CODE=$(curl -s "$BASE/dev/inbox.json?to=%2B852$MOBILE&channel=sms" | sed -nE 's/.*"text": ?"([0-9]{4}) .*/\1/p'); [ -n "$CODE" ] && break; sleep 0.1; done; echo "The code is $CODE.""#,
    ),
    (
        "With it the account is made and signed in.",
        r#"TOKEN=$(sed -E 's/.*"otpToken": ?"([^"]*)".*/\1/' <<< "$OTP"); curl -s -H 'content-type: application/json' -d '{"otp":'$CODE',"otpToken":"'$TOKEN'"}' "$BASE/app/auth/signup/verify"; echo"#,
    ),
    (
        "A partner's host gets an access token, good for an hour.",
        r#"HOST=$(curl -s -u "$CLIENT" -d 'grant_type=client_credentials&scope=b2b' "$BASE/oauth/token" | sed -E 's/.*"access_token": ?"([^"]*)".*/\1/'); echo "$HOST""#,
    ),
    (
        "With it, it registers a customer, who gets a token by short message. (With an e-mail address, a link to confirm that, too.)",
        r#"CUSTOMER="0813$((10000000 + (RANDOM * 32768 + RANDOM) % 90000000))"; curl -s -H "authorization: Bearer $HOST" -H 'content-type: application/json' -d '{"phone":"'$CUSTOMER'","name":"Septian Cahyo","birthDate":"1990-12-31","birthPlace":"Jakarta","gender":true,"countryId":"ID","accountGroupId":"01"}' "$BASE/b2b/customer/register"; echo"#,
    ),
    (
        "The token from the short message: three letters and four digits.",
        r#"for TRY in {1..50}; do CODE=$(curl -s "$BASE/dev/inbox.json?to=%2B62${CUSTOMER#0}&channel=sms" | sed -nE 's/.*"text": ?"([A-Za-z]{3}[0-9]{4}) .*/\1/p'); [ -n "$CODE" ] && break; sleep 0.1; done; echo "The token is $CODE.""#,
    ),
    (
        "The host confirms with it, and with the MD5 of the customer's password.",
        r#"MD5=$(printf 'correct horse' | md5sum | cut -c 1-32 | tr a-f A-F); curl -s -H "authorization: Bearer $HOST" -H 'content-type: application/json' -d '{"username":"'$CUSTOMER'","password":"'$MD5'","token":"'$CODE'"}' "$BASE/b2b/customer/register/confirm"; echo"#,
    ),
    (
        "The customer signs in where the shop's people do, with the plain password.",
        r#"curl -s -H 'content-type: application/json' -d '{"username":"'$CUSTOMER'","password":"correct horse"}' "$BASE/auth"; echo"#,
    ),
];

/// Everything that is printed once the server listens at `base`.
pub(crate) fn welcome(base: &str, id: &str, secret: &str, has_inbox: bool) -> String {
    let mut text = format!("\nDaftar is running at {base}\n\n");
    if has_inbox {
        text += &format!("  Mail and SMS    {base}/dev/inbox   (open it in a browser)\n");
    }
    text += &format!("  Public keys     {base}/.well-known/jwks.json\n");
    text += &format!("  Machine client  {id}   (its secret is in the tour, and in {})\n\n", crate::dev::CLIENT_FILE);
    text += &format!("{BEGIN}\nBASE='{base}'; CLIENT='{id}:{secret}'\n");
    for (what, line) in STEPS {
        text += &format!("# {what}\n{}\n", line.replace("PICTURE", PICTURE));
    }
    text + END + "\n\nCtrl-C ends it; what was made stays for the next time.\n\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use daftar_core::identifier::{Country, PhoneNumber};

    #[test]
    fn every_line_of_the_tour_is_a_comment_or_one_command() {
        let text = welcome("http://127.0.0.1:1", "id", "secret", true);
        let tour = text.split(BEGIN).nth(1).unwrap().split(END).next().unwrap();
        let commands: Vec<_> = tour.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert_eq!(commands.len(), STEPS.len() + 1);
        // An exclamation mark is history to an interactive bash.
        assert!(commands.iter().all(|line| !line.contains('!') && !line.ends_with('\\')), "{commands:?}");
    }

    /// Another number would be read as one of another country, whose code the tour then does not find.
    #[test]
    fn every_number_that_the_tour_draws_for_the_mobile_app_is_one_of_hong_kong() {
        assert!(STEPS.iter().any(|(_, line)| line.contains("MOBILE=\"94$((100000 +")));
        for drawn in (100_000..1_000_000).step_by(9_973) {
            let number = PhoneNumber::read(&format!("94{drawn}"), &Country::hong_kong()).unwrap();
            assert_eq!(number.as_e164(), format!("+85294{drawn}"));
        }
    }
}
