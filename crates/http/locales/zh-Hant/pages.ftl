# 訊息中連結所開啟的網頁。

confirm-title = 確認註冊
confirm-heading = 要建立您的 { $brand } 帳戶嗎？
confirm-intro = 有人以下列資料註冊。確認前請先核對。
confirm-username = 使用者名稱
confirm-email = 電子郵件地址
confirm-name = 姓名
confirm-button = 是，建立我的帳戶
confirm-time = 此連結將於 { $minutes } 分鐘後失效。
reject-heading = 不是您註冊的嗎？
reject-text = 可能有人誤填了您的地址。請告訴我們，我們不會建立任何帳戶。
reject-button = 這不是我

created-title = 您的帳戶已可使用
created-heading = 歡迎，{ $name }！
created-text = 您的電子郵件地址已確認，{ $brand } 帳戶已可使用。
created-next = 您可以關閉此頁，並以 { $username } 登入。

disowned-title = 註冊已刪除
disowned-heading = 感謝您的告知
disowned-text = 此註冊已刪除，沒有以您的地址建立任何帳戶。
disowned-next = 您無須再做任何事，可以關閉此頁。

taken-title = 未建立帳戶
taken-username-heading = 有人搶先一步
taken-username-text = 在等待確認期間，使用者名稱 { $username } 已被他人使用。
taken-username-next = 請以其他使用者名稱重新註冊。
taken-email-heading = 此地址已有帳戶
taken-email-text = 在等待確認期間，{ $email } 已由另一個帳戶確認。
taken-email-next = 請登入該帳戶，或以其他地址重新註冊。
taken-phone-heading = 此電話號碼已有帳戶
taken-phone-text = 在等待確認期間，此註冊的電話號碼已被另一個帳戶使用。
taken-phone-next = 請登入該帳戶，或以其他號碼重新註冊。

expired-title = 此連結已過期
expired-heading = 此連結已過期
expired-text = 連結僅在短時間內有效，以免他人利用舊訊息。沒有建立任何帳戶。
expired-next = 請重新註冊，您將收到新的連結。

complete-title = 此連結已使用過
complete-heading = 此連結已使用過
complete-text = 註冊已完成，帳戶已可使用。
complete-next = 您可以用所選的使用者名稱和密碼登入。

refused-title = 此連結無法使用
refused-heading = 此連結無法使用
refused-text = 連結可能不完整、已由新的連結取代，或註冊已被取消。
refused-next = 請開啟您收到的最新訊息中的連結，或重新註冊。

busy-title = 請稍候
busy-heading = 請稍候
busy-text = 目前系統繁忙，您的資料不會遺失。
busy-next = 請等候數秒，再重新開啟訊息中的連結。

broken-title = 發生錯誤
broken-heading = 發生錯誤
broken-text = 這是我們的問題，與您無關，您的資料不會遺失。
broken-next = 請稍後再試。

unreadable-title = 無法處理
unreadable-heading = 無法處理
unreadable-text = 您的瀏覽器傳送了我們無法讀取的內容。
unreadable-next = 請回到訊息，重新開啟其中的連結。

authorise-title = 確認電子郵件地址
authorise-heading = 這是您的電子郵件地址嗎？
authorise-intro = 有人正以下列資料註冊。確認前請先核對。
authorise-phone = 電話號碼
authorise-button = 是，這是我的地址

authorised-title = 您的地址已確認
authorised-heading = 謝謝您！
authorised-text = 您的電子郵件地址已確認。
authorised-next = 請回到您註冊時使用的應用程式繼續，您可以關閉此頁。

authorised-before-title = 您的地址先前已確認
authorised-before-heading = 您的地址先前已確認
authorised-before-text = 此連結或先前連結的按鈕已按過，您無須在此再做任何事。
authorised-before-next = 請回到您註冊時使用的應用程式繼續。

customer-complete-title = 不再需要此連結
customer-complete-heading = 不再需要此連結
customer-complete-text = 註冊已完成，帳戶已可使用。
customer-complete-next = 請回到您註冊時使用的應用程式繼續。
