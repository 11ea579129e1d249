"""What chapter 6.4 builds: two robots that understand short wishes in English and Chinese."""
