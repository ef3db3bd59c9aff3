### What Daftar writes, in Traditional Chinese. A short message (…-sms) must fit one segment of 70 UCS-2 characters, with a brand of 20
### characters. Chinese has one plural form.

greeting = { $name }，您好：
greeting-nameless = 您好：
footer = 此郵件由 { $brand } 自動發出，請勿回覆。
code-lasts = 驗證碼在 { $minutes } 分鐘內有效。請勿告訴任何人：{ $brand } 絕不會向您索取驗證碼。

## The code and link that finish a registration

signup-subject = 請確認您的 { $brand } 帳戶
signup-heading = 確認您的電子郵件地址
signup-intro = 感謝您註冊 { $brand }。只差一步：請確認此電子郵件地址屬於您。
signup-button = 確認我的地址
signup-link-intro = 請開啟以下連結確認：
signup-link-instead = 如果按鈕沒有反應，請開啟以下連結：
signup-link-lasts = 連結在 { $link_minutes } 分鐘內有效，只能使用一次。
signup-code-instead = 或在註冊頁面輸入以下驗證碼：
signup-code-intro = 請在註冊頁面輸入以下驗證碼：
signup-not-you = 不是您註冊的嗎？可能有人誤用了您的地址。忽略此郵件即不會建立帳戶；您也可以開啟連結並選擇「這不是我」，立即終止註冊。
signup-not-you-linkless = 不是您註冊的嗎？可能有人誤用了您的地址。忽略此郵件即不會建立帳戶。
signup-sms = { $code } 是您的 { $brand } 驗證碼，{ $minutes } 分鐘內有效。請勿告訴任何人。

## The link by which a customer whom a partner registers confirms the address; the words around the link are those of a registration

customer-subject = 請確認您用於 { $brand } 的電子郵件地址
customer-intro = 您正在註冊 { $brand }，並登記了此電子郵件地址。請開啟以下頁面並按下其中的按鈕，確認此地址屬於您，然後回到您註冊時使用的應用程式繼續。
customer-not-you = 不是您註冊的嗎？可能有人誤用了您的地址。忽略此郵件，此地址即不會被確認；您也可以開啟連結並選擇「這不是我」，立即終止註冊。

## A code that somebody asked for who has an account; by mail it speaks of the address, by short message of the number

code-subject = { $use ->
    [reset] 重設您的 { $brand } 密碼
    [contact] 請確認您用於 { $brand } 的電子郵件地址
   *[sign-in] 您的 { $brand } 登入驗證碼
}
code-heading = { $use ->
    [reset] 設定新密碼
    [contact] 確認您的電子郵件地址
   *[sign-in] 登入您的帳戶
}
code-intro = { $use ->
    [reset] 請輸入以下驗證碼，為您的 { $brand } 帳戶設定新密碼：
    [contact] 請輸入以下驗證碼，將此電子郵件地址綁定至您的 { $brand } 帳戶：
   *[sign-in] 請輸入以下驗證碼，登入您的 { $brand } 帳戶：
}
code-not-you = { $use ->
    [reset] 不是您要求設定新密碼的嗎？可能有人輸入了您的地址。沒有此驗證碼，任何人都無法更改您的密碼：請勿轉告他人。
    [contact] 不是您要求的嗎？忽略此郵件即不會有任何變更。
   *[sign-in] 不是您要求的嗎？可能有人輸入了您的地址。請忽略此郵件：只要您不轉告他人，就沒有人能使用此驗證碼。
}
code-sms = { $code } 是您的 { $brand } 驗證碼，用於{ $use ->
    [reset] 重設密碼
    [contact] 綁定此號碼
   *[sign-in] 登入
}，{ $minutes } 分鐘內有效。請勿告訴任何人。

## A password that was made up for somebody who chose none

password-subject = 您的 { $brand } 帳戶密碼
password-heading = 您的密碼
password-intro = 您沒有為 { $brand } 帳戶設定密碼，因此我們為您產生了一組。請使用以下密碼登入：
password-advice = 您可以隨時更改：請在登入處選擇「忘記密碼」。請勿將此密碼告訴任何人：{ $brand } 的人員絕不會向您索取密碼。
password-not-you = 不是您本人操作嗎？可能有人已登入您的帳戶：請立即設定新密碼，並聯絡 { $brand } 客戶服務。
password-sms = { $password } 是您的 { $brand } 密碼，因您未設定而由系統產生。可隨時更改，請勿告訴任何人。

## A contact left the account, because somebody else proved it

contact-lost-subject = { $contact ->
    [phone] 電話號碼
   *[email] 電子郵件地址
}已從您的 { $brand } 帳戶移除
contact-lost-heading = { $contact ->
    [phone] 電話號碼已移除
   *[email] 電子郵件地址已移除
}
contact-lost-body = { $masked } 曾登記在您的 { $brand } 帳戶，但從未經過確認。現已有他人證明其為本人所有，因此已從您的帳戶移除。
contact-lost-advice = 您的帳戶與密碼沒有變更。如果您認為有誤，請聯絡 { $brand } 客戶服務。
contact-lost-sms = { $contact ->
    [phone] 電話號碼
   *[email] 電子郵件地址
}已由其擁有人確認，並從您的 { $brand } 帳戶移除。如有疑問請聯絡客服。

## A contact of the account was changed; told to the old one

contact-changed-subject = 您的 { $brand } 帳戶的{ $contact ->
    [phone] 電話號碼
   *[email] 電子郵件地址
}已變更
contact-changed-heading = { $contact ->
    [phone] 您的電話號碼已變更
   *[email] 您的電子郵件地址已變更
}
contact-changed-body = 您的 { $brand } 帳戶的{ $contact ->
    [phone] 電話號碼
   *[email] 電子郵件地址
}剛剛已變更。我們通知您的舊聯絡方式，以免有人在您不知情時作出變更。
contact-changed-advice = 如果是您本人操作，無須理會。如果不是，請立即更改密碼並聯絡 { $brand } 客戶服務。
contact-changed-sms = 您的 { $brand } 帳戶的{ $contact ->
    [phone] 電話號碼
   *[email] 電子郵件地址
}已變更。不是您本人？請更改密碼並聯絡客服。
