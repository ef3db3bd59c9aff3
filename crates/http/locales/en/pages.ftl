# The pages behind the links in messages. A title is what the browser's tab shows; a heading is what people read first.

confirm-title = Confirm your registration
confirm-heading = Create your { $brand } account?
confirm-intro = Somebody registered with these details. Check them before you confirm.
confirm-username = Username
confirm-email = E-mail address
confirm-name = Name
confirm-button = Yes, create my account
confirm-time =
    { $minutes ->
        [one] This link works for one more minute.
       *[other] This link works for { $minutes } more minutes.
    }
reject-heading = You did not register?
reject-text = Somebody may have typed your address by mistake. Tell us, and no account will be made.
reject-button = This was not me

created-title = Your account is ready
created-heading = Welcome, { $name }!
created-text = Your e-mail address is confirmed and your { $brand } account is ready.
created-next = You can close this page and sign in as { $username }.

disowned-title = Registration deleted
disowned-heading = Thank you for telling us
disowned-text = The registration was deleted. No account was made with your address.
disowned-next = There is nothing more to do. You can close this page.

taken-title = The account was not made
taken-username-heading = Somebody was faster
taken-username-text = The username { $username } was taken while this registration was waiting.
taken-username-next = Please register again with another username.
taken-email-heading = This address has an account already
taken-email-text = { $email } was confirmed for another account while this registration was waiting.
taken-email-next = Sign in to that account, or register again with another address.
taken-phone-heading = This phone number has an account already
taken-phone-text = The phone number of this registration was taken by another account while it was waiting.
taken-phone-next = Sign in to that account, or register again with another number.

expired-title = This link is too old
expired-heading = This link is too old
expired-text = Links work for a short time only, so that nobody can use an old message against you. No account was made.
expired-next = Please register again: you will get a new link.

complete-title = This link was already used
complete-heading = This link was already used
complete-text = The registration is complete and the account is ready.
complete-next = You can sign in with the username and the password that you chose.

refused-title = This link does not work
refused-heading = This link does not work
refused-text = It may be incomplete, a newer one may have taken its place, or the registration was cancelled.
refused-next = Open the link in the newest message that you got, or register again.

busy-title = One moment, please
busy-heading = One moment, please
busy-text = Too much is going on here right now. Nothing is lost.
busy-next = Wait a few seconds, then open the link in your message again.

broken-title = Something went wrong
broken-heading = Something went wrong
broken-text = The fault is ours, not yours. Nothing is lost.
broken-next = Please try again later.

unreadable-title = That did not work
unreadable-heading = That did not work
unreadable-text = Your browser sent something that we could not read.
unreadable-next = Go back to the message and open its link again.

authorise-title = Confirm your e-mail address
authorise-heading = Is this your address?
authorise-intro = Somebody is registering with these details. Check them before you confirm.
authorise-phone = Phone number
authorise-button = Yes, this is my address

authorised-title = Your address is confirmed
authorised-heading = Thank you!
authorised-text = Your e-mail address is confirmed.
authorised-next = Go on in the app where you registered. You can close this page.

authorised-before-title = Your address is confirmed already
authorised-before-heading = Your address is confirmed already
authorised-before-text = The button of this link, or of one before it, was pressed. There is nothing more to do here.
authorised-before-next = Go on in the app where you registered.

customer-complete-title = This link is not needed any more
customer-complete-heading = This link is not needed any more
customer-complete-text = The registration is complete and the account is ready.
customer-complete-next = Go on in the app where you registered.
