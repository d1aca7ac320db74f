"""What the credit office reports upwards of what was decided and done (定期反馈)."""
