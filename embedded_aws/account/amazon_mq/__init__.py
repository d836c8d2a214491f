"""Amazon MQ for RabbitMQ: brokers are real RabbitMQ servers; ActiveMQ is not modelled."""
