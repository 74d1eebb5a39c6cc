"""What templates may ask for besides Django's own. In: values. Out: text and markup."""
