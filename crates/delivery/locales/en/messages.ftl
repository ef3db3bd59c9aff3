### What Daftar writes, in English. A short message (…-sms) must fit one segment of 160 characters of the GSM 03.38 alphabet,
### with a brand of 20 characters: no typographic quotes or dashes there.

greeting = Hello { $name },
greeting-nameless = Hello,
footer = { $brand } sent this mail automatically. Replies are not read.

## The code and link that finish a registration

signup-subject = Confirm your { $brand } account
signup-heading = Confirm your e-mail address
signup-intro = Thank you for registering with { $brand }. One step is left: confirm that this address is yours.
signup-button = Confirm my address
signup-link-intro = Open this link to confirm it:
signup-link-instead = If the button does nothing, open this link:
signup-link-lasts = The link works for { $link_minutes ->
    [one] one minute
   *[other] { $link_minutes } minutes
}, and once.
signup-code-instead = Or type this code where you registered:
signup-code-intro = Type this code where you registered:
signup-code-lasts = The code works for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
}. Never share it: { $brand } will not ask you for it.
signup-not-you = You did not register? Then somebody has used your address, perhaps by mistake. Ignore this mail and no account is made with it, or open the link and choose “This was not me” to end the registration at once.
signup-not-you-linkless = You did not register? Then somebody has used your address, perhaps by mistake. Ignore this mail and no account is made with it.
signup-sms = { $code } is your { $brand } code. It works for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
}. Never share it.

## A contact left the account, because somebody else proved it

contact-lost-subject = { $contact ->
    [phone] A phone number
   *[email] An e-mail address
} was removed from your { $brand } account
contact-lost-heading = { $contact ->
    [phone] A phone number was removed
   *[email] An e-mail address was removed
}
contact-lost-body = { $masked } was on your { $brand } account but was never confirmed there. Somebody else has now proven that it is theirs, so it was removed from your account.
contact-lost-advice = Your account and your password are unchanged. If you think that this is a mistake, contact { $brand } support.
contact-lost-sms = The { $contact ->
    [phone] phone number
   *[email] e-mail address
} was removed from your { $brand } account: its owner has confirmed it. A mistake? Contact support.

## A contact of the account was changed; told to the old one

contact-changed-subject = The { $contact ->
    [phone] phone number
   *[email] e-mail address
} of your { $brand } account was changed
contact-changed-heading = { $contact ->
    [phone] Your phone number was changed
   *[email] Your e-mail address was changed
}
contact-changed-body = The { $contact ->
    [phone] phone number
   *[email] e-mail address
} of your { $brand } account has just been changed. We tell you at the old one, so that nobody can do this without your knowledge.
contact-changed-advice = If this was you, there is nothing to do. If it was not, change your password at once and contact { $brand } support.
contact-changed-sms = The { $contact ->
    [phone] phone number
   *[email] e-mail address
} of your { $brand } account was changed. Not you? Change your password and contact support.
