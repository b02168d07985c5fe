//! ARNs, regions and console pages.

/// CloudWatch's SNS messages name the region for people. The names of the Regions and
/// Endpoints page of the AWS General Reference, with the spellings that older messages have.
const REGION_NAMES: &[(&str, &str)] = &[
    ("US East (N. Virginia)", "us-east-1"),
    ("US East - N. Virginia", "us-east-1"),
    ("US (Virginia)", "us-east-1"),
    ("US East (Ohio)", "us-east-2"),
    ("US West (N. California)", "us-west-1"),
    ("US West - N. California", "us-west-1"),
    ("US West (Oregon)", "us-west-2"),
    ("US West - Oregon", "us-west-2"),
    ("Africa (Cape Town)", "af-south-1"),
    ("Asia Pacific (Hong Kong)", "ap-east-1"),
    ("Asia Pacific (Mumbai)", "ap-south-1"),
    ("Asia Pacific (Hyderabad)", "ap-south-2"),
    ("Asia Pacific (Singapore)", "ap-southeast-1"),
    ("Asia Pacific (Sydney)", "ap-southeast-2"),
    ("Asia Pacific (Jakarta)", "ap-southeast-3"),
    ("Asia Pacific (Melbourne)", "ap-southeast-4"),
    ("Asia Pacific (Malaysia)", "ap-southeast-5"),
    ("Asia Pacific (Thailand)", "ap-southeast-7"),
    ("Asia Pacific (Tokyo)", "ap-northeast-1"),
    ("Asia Pacific (Seoul)", "ap-northeast-2"),
    ("Asia Pacific (Osaka)", "ap-northeast-3"),
    ("Canada (Central)", "ca-central-1"),
    ("Canada West (Calgary)", "ca-west-1"),
    ("China (Beijing)", "cn-north-1"),
    ("China (Ningxia)", "cn-northwest-1"),
    ("EU (Frankfurt)", "eu-central-1"),
    ("Europe (Frankfurt)", "eu-central-1"),
    ("EU (Ireland)", "eu-west-1"),
    ("Europe (Ireland)", "eu-west-1"),
    ("EU - Ireland", "eu-west-1"),
    ("EU (London)", "eu-west-2"),
    ("Europe (London)", "eu-west-2"),
    ("EU (Paris)", "eu-west-3"),
    ("Europe (Paris)", "eu-west-3"),
    ("EU (Stockholm)", "eu-north-1"),
    ("Europe (Stockholm)", "eu-north-1"),
    ("EU (Milan)", "eu-south-1"),
    ("Europe (Milan)", "eu-south-1"),
    ("Europe (Spain)", "eu-south-2"),
    ("Europe (Zurich)", "eu-central-2"),
    ("Israel (Tel Aviv)", "il-central-1"),
    ("Mexico (Central)", "mx-central-1"),
    ("Middle East (Bahrain)", "me-south-1"),
    ("Middle East (UAE)", "me-central-1"),
    ("South America (Sao Paulo)", "sa-east-1"),
    ("South America (São Paulo)", "sa-east-1"),
    ("AWS GovCloud (US-East)", "us-gov-east-1"),
    ("AWS GovCloud (US-West)", "us-gov-west-1"),
    ("AWS GovCloud (US)", "us-gov-west-1"),
];

/// The code of a region that is named for people.
pub(crate) fn region_of_display_name(name: &str) -> Option<&'static str> {
    REGION_NAMES
        .iter()
        .find(|(display, _)| *display == name)
        .map(|(_, code)| *code)
}

fn part_of_arn(arn: &str, at: usize) -> Option<&str> {
    if !arn.starts_with("arn:") {
        return None;
    }
    arn.splitn(6, ':')
        .nth(at)
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// The region of an ARN, if it has one.
pub(crate) fn region_of_arn(arn: &str) -> Option<&str> {
    // A documentation ARN says `REGION`: a region has a digit and a hyphen.
    part_of_arn(arn, 3).filter(|region| region.contains('-'))
}

/// The account of an ARN, if it has one.
pub(crate) fn account_of_arn(arn: &str) -> Option<&str> {
    part_of_arn(arn, 4).filter(|account| account.bytes().all(|b| b.is_ascii_digit()))
}

/// The name at the end of an ARN: what follows the last `/` or `:`.
pub(crate) fn name_of_arn(arn: &str) -> &str {
    let resource = part_of_arn(arn, 5).unwrap_or(arn);
    resource
        .rsplit(['/', ':'])
        .find(|part| !part.is_empty())
        .unwrap_or(resource)
        .trim()
}

/// Where the console of a region's partition stands.
pub(crate) fn console_host(region: &str) -> String {
    let domain = if region.starts_with("cn-") {
        "amazonaws.cn"
    } else if region.starts_with("us-gov-") {
        "amazonaws-us-gov.com"
    } else {
        "aws.amazon.com"
    };
    format!("https://{region}.console.{domain}")
}

/// The console page of an alarm.
pub(crate) fn alarm_console(region: &str, name: &str) -> String {
    let mut url = console_host(region);
    url.reserve(96 + name.len());
    url.push_str("/cloudwatch/home?region=");
    url.push_str(region);
    url.push_str("#alarmsV2:alarm/");
    percent_encode(&mut url, name);
    url
}

/// Appends `text`, percent-encoded but for RFC 3986's unreserved characters.
pub(crate) fn percent_encode(url: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    if text.bytes().all(plain) {
        url.push_str(text);
        return;
    }
    for byte in text.bytes() {
        if plain(byte) {
            url.push(char::from(byte));
        } else {
            url.push('%');
            for nibble in [byte >> 4, byte & 15] {
                url.push(HEX.get(usize::from(nibble)).map_or('0', |c| char::from(*c)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{account_of_arn, alarm_console, name_of_arn, region_of_arn};

    #[test]
    fn reads_arns() {
        let arn = "arn:aws:cloudwatch:ca-central-1:123456789012:alarm:Test alarm";
        assert_eq!(region_of_arn(arn), Some("ca-central-1"));
        assert_eq!(account_of_arn(arn), Some("123456789012"));
        assert_eq!(name_of_arn(arn), "Test alarm");
        assert_eq!(
            region_of_arn("arn:aws:cloudwatch:REGION:ACCOUNT:alarm:x"),
            None
        );
        assert_eq!(region_of_arn("not an arn:a:b:c-d"), None);
        assert_eq!(name_of_arn("arn:aws:s3:::bucket"), "bucket");
    }

    #[test]
    fn links_to_the_partitions_console() {
        assert_eq!(
            alarm_console("cn-north-1", "a b/c"),
            "https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1#alarmsV2:alarm/a%20b%2Fc"
        );
    }
}
