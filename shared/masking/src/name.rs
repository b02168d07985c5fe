//! What names of fields say.

use crate::Kind;

/// Longer names are none of these; a path counts by its last part.
const LONGEST: usize = 32;

pub(crate) fn kind(field: &str) -> Option<Kind> {
    let last = field.rsplit('.').next().unwrap_or(field);
    let mut folded = [0_u8; LONGEST];
    let mut length = 0;
    for byte in last.bytes().filter(|byte| !matches!(byte, b'_' | b'-')) {
        *folded.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    let folded = folded.get(..length)?;
    let kind = match folded {
        b"email" | b"emailaddress" | b"mail" | b"useremail" | b"parentemail" | b"contactemail"
        | b"customeremail" | b"payeremail" => Kind::Email,
        b"phone" | b"phonenumber" | b"mobile" | b"mobilenumber" | b"msisdn" | b"whatsapp"
        | b"contactnumber" | b"userphone" | b"parentphone" | b"customerphone"
        | b"customercontact" => Kind::Phone,
        b"cardnumber" | b"pan" | b"creditcard" | b"debitcard" | b"ccnumber" => Kind::Card,
        b"aadhaar" | b"aadhar" | b"aadhaarnumber" | b"aadharnumber" => Kind::Aadhaar,
        b"upi" | b"upiid" | b"vpa" => Kind::Upi,
        b"firstname" | b"lastname" | b"fullname" | b"middlename" | b"studentname"
        | b"parentname" | b"childname" | b"guardianname" | b"customername" | b"cardholdername"
        | b"cardholder" | b"payername" => Kind::Name,
        b"dob" | b"dateofbirth" | b"birthdate" | b"birthday" => Kind::Birthday,
        b"token" | b"accesstoken" | b"refreshtoken" | b"idtoken" | b"authtoken" | b"bearer"
        | b"jwt" | b"sessiontoken" | b"csrftoken" | b"xamzsecuritytoken" => Kind::Token,
        b"otp"
        | b"pin"
        | b"cvv"
        | b"cvc"
        | b"cvv2"
        | b"authorization"
        | b"cookie"
        | b"setcookie"
        | b"apikey"
        | b"xapikey"
        | b"signature"
        | b"xrazorpaysignature"
        | b"razorpaysignature"
        | b"privatekey"
        | b"secretkey"
        | b"accesskey"
        | b"credential"
        | b"credentials"
        | b"pwd" => Kind::Secret,
        _ if ["password", "passwd", "passphrase", "secret", "passcode"]
            .iter()
            .any(|word| contains(folded, word.as_bytes())) =>
        {
            Kind::Secret
        }
        _ => return None,
    };
    Some(kind)
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}
